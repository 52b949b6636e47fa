import { env } from "cloudflare:workers";
import type { ConversationId } from "../../../src/domain/ids.ts";
import type { SignedIn } from "../clients/api.ts";

/** The relay that has a user's sockets in a crowd. */
export function relayObject(id: ConversationId, { user }: SignedIn) {
  return env.RELAY.getByName(`${id}-${user.id % 16}`);
}

/** Has the calls of a user's relay fail until `isOver`. */
export function failingRelay(
  id: ConversationId,
  { user }: SignedIn,
): Disposable & { calls: number; isOver: boolean } {
  const getByName = env.RELAY.getByName.bind(env.RELAY);
  const state = {
    ...{ calls: 0, isOver: false },
    [Symbol.dispose]: () => void Reflect.deleteProperty(env.RELAY, "getByName"),
  };
  const value = (name: string) =>
    new Proxy(getByName(name), {
      get(target, method) {
        const found: unknown = Reflect.get(target, method, target);
        if (typeof found !== "function") return found;
        if (method !== "update" || name !== `${id}-${user.id % 16}`)
          return (...input: unknown[]) => Reflect.apply(found, target, input);
        return (...input: unknown[]) => {
          state.calls++;
          return state.isOver
            ? Reflect.apply(found, target, input)
            : Promise.reject(new Error("lost on purpose"));
        };
      },
    });
  Object.defineProperty(env.RELAY, "getByName", { configurable: true, value });
  return state;
}
