import { Client } from "./client.ts";
import { callMethods } from "./methods/calls.ts";
import { conversationMethods } from "./methods/conversations.ts";
import { type Attachments, createMethods } from "./methods/create.ts";
import { messageMethods } from "./methods/messages.ts";
import { userMethods } from "./methods/users.ts";
import type { Answer, CreateOptions, Handler } from "./types.ts";

/** The chats by app: an app that makes one twice gets the same. */
const chats = new Map<string, Chat>();

/**
 * Makes a chat.
 * @param options `server`: the address of the Parley server
 */
export function create(options: CreateOptions): Chat {
  const server = addressOf(options);
  const key = `${options.SDKAppID} ${server}`;
  const known = chats.get(key);
  if (known) return known;
  const chat = newChat(server, () => chats.delete(key));
  chats.set(key, chat);
  return chat;
}

/** @throws Error where no address is known: outside of a page */
function addressOf({ server }: CreateOptions): string {
  const given = server ?? Reflect.get(globalThis, "PARLEY_TIM_SERVER");
  if (typeof given === "string") return given;
  if (typeof location === "object" && /^http/.test(location.origin)) return location.origin;
  throw new Error(
    "parley-tim: say where the server is, by create({ server }) or globalThis.PARLEY_TIM_SERVER.",
  );
}

/** Apps ask by number for features that Tencent sells. Here are receipts, who is online, and reactions. */
const ABILITY = "isCommercialAbilityEnabled";
const ABILITIES: readonly unknown[] = [2 ** 5, 2 ** 7, 2 ** 48];

function newChat(server: string, onDestroyed: () => void) {
  const client = new Client(server);
  const attachments: Attachments = new WeakMap();
  return {
    on: (name: string, handler: Handler, context?: unknown): void => client.events.on(name, handler, context),
    off: (name: string, handler: Handler, context?: unknown): void =>
      client.events.off(name, handler, context),
    once(name: string, handler: Handler, context?: unknown): void {
      const once: Handler = (event) => {
        client.events.off(name, once);
        handler.call(context, event);
      };
      client.events.on(name, once);
    },
    /** Invitations are custom messages: apps that build them hear of them as of others. */
    addSignalingListener: (_: string, __: Handler): void => undefined,
    removeSignalingListener: (_: string, __: Handler): void => undefined,
    /** milliseconds since 1970 */
    getServerTime: (): number => Date.now(),
    isReady: (): boolean => client.isReady,
    setLogLevel: (_: number): void => undefined,
    /** Uploads, search and the others need no plugins here. */
    registerPlugin: (_: object): void => undefined,
    use: (_: unknown): void => undefined,
    callExperimentalAPI(name: string, about?: unknown): true | Promise<Answer<object>> {
      if (name === "canIUseModule") return true;
      return Promise.resolve({
        code: 0,
        data: name === ABILITY ? { enabled: ABILITIES.includes(about) } : {},
      });
    },
    async destroy(): Promise<void> {
      client.end();
      client.events.clear();
      onDestroyed();
    },
    ...callMethods(client),
    ...userMethods(client),
    ...conversationMethods(client),
    ...createMethods(client, attachments),
    ...messageMethods(client, attachments),
  };
}

export type Chat = ReturnType<typeof newChat>;
