import { exports } from "cloudflare:workers";
import { z } from "zod";
import type { SignedIn } from "../../../support/clients/api.ts";
import { acceptSocket, type Frame, type TestSocket } from "../../../support/clients/socket.ts";
import { data, nameOf, success, tim } from "../client.ts";

/** A message of the socket, as the lists have it. */
export const Message = z.looseObject({
  ...{ ID: z.string(), type: z.string(), from: z.string(), to: z.string(), flow: z.enum(["in", "out"]) },
  ...{ conversationID: z.string(), conversationType: z.string(), sequence: z.int(), isRevoked: z.boolean() },
  payload: z.looseObject({ text: z.string().optional() }),
});
export type Message = z.infer<typeof Message>;
const Reaction = z.strictObject({
  ...{ reactionID: z.string(), totalUserCount: z.int().positive(), reactedByMyself: z.boolean() },
  partialUserList: z.array(z.strictObject({ userID: z.string(), nick: z.string(), avatar: z.string() })),
});
const Item = z.strictObject({
  ...{ conversation: z.int(), revision: z.int(), message: Message },
  reactions: z.array(Reaction).optional(),
});
const Items = z.looseObject({ items: z.array(Item) });

/** Requests a socket with a token in the query. */
export function dial(token: string, headers: Record<string, string> = {}): Promise<Response> {
  const url = `https://parley.test/tim/socket?token=${token}`;
  return exports.default.fetch(new Request(url, { headers: { Upgrade: "websocket", ...headers } }));
}

/** Opens a socket, and waits for `ready`. */
export async function connect({ token }: SignedIn): Promise<TestSocket> {
  const socket = acceptSocket(await dial(token));
  await socket.next("ready");
  return socket;
}

/** The messages of the frames `messages` so far, with what stands beside each. */
export function itemsOf(socket: TestSocket, type: "messages" | "changed" = "messages") {
  return socket.of(type).flatMap((frame) => Items.parse(frame).items);
}

export const messagesOf = (socket: TestSocket): Message[] => itemsOf(socket).map(({ message }) => message);

/** Resolves once a socket has been sent so many messages. @returns them */
export async function messagesOnce(socket: TestSocket, count: number): Promise<Message[]> {
  await socket.until(() => messagesOf(socket).length >= count);
  return messagesOf(socket);
}

/** The next frame of this type for which `holds`. */
export async function frameWhere(
  socket: TestSocket,
  type: string,
  holds: (frame: Frame) => boolean = () => true,
): Promise<Frame> {
  await socket.until(() => socket.of(type).some(holds));
  const found = socket.of(type).find(holds);
  if (!found) throw new Error(`no frame ${type}`);
  return found;
}

let numbers = 0;

/** An ID as a client gives one. */
export const givenID = (who: SignedIn): string => `${nameOf(who)}-${Date.now()}-${++numbers}`;

/** Creates and sends a message in one call. */
export async function say(who: SignedIn, to: string, text: string, more: object = {}): Promise<Message> {
  const body = { ID: givenID(who), to, conversationType: "C2C", payload: { text }, ...more };
  const { message } = await data(z.object({ message: Message }), who, "/message/sendMessage", body);
  return message;
}

const Page = z.array(z.object({ message: Message }));

/** The newest messages of a conversation, as `getMessageList` has them. */
export async function listed(who: SignedIn, conversationID: string): Promise<Message[]> {
  const answer = success(await tim(who, "/message/getMessageList", { conversationID }));
  return Page.parse(answer.data).map(({ message }) => message);
}
