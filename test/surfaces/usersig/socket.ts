import { exports } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { acceptSocket, type TestSocket } from "../../support/clients/socket.ts";
import { Log, Session, type Signed } from "./client.ts";

/** The conversation in a message: without members and last message. */
const SceneSession = Session.extend({
  session_info: z.union([Session.shape.session_info, z.strictObject({})]),
  recently_chat_log: z.null(),
});

/** A message frame: exactly these fields. */
const Shown = z.strictObject({
  type: z.enum(["MESSAGE_SEND_SUCCESS", "MESSAGE_RECEIVED"]),
  content: z.json(),
  session: SceneSession,
  sender: z.string(),
  chat_log: Log.extend({ session: SceneSession }),
});
export type Shown = z.infer<typeof Shown>;

/** The log of a message, as the list of logs has it. */
export function logOf({ chat_log: { session: _, ...log } }: Shown): Log {
  return log;
}

/** Requests a socket in the document's form. */
export function dial(name: string, sig: string, { slash = "/", headers = {} } = {}): Promise<Response> {
  const path = `/ws/chat/${encodeURIComponent(name)}/${sig}${slash}`;
  const all = { Upgrade: "websocket", ...headers };
  return exports.default.fetch(new Request(`https://parley.test${path}`, { headers: all }));
}

/** Opens a socket, and asserts its first frame. */
export async function connect({ name, sig }: Signed): Promise<TestSocket> {
  const socket = acceptSocket(await dial(name, sig));
  expect(await socket.next("SDK_READY")).toEqual({ type: "SDK_READY" });
  return socket;
}

/** The close code of a socket that is closed at once, without a frame. */
export async function refusedWith(response: Response): Promise<number> {
  const socket = acceptSocket(response);
  const { code } = await socket.closed();
  expect(socket.frames).toEqual([]);
  return code;
}

/** The messages that a socket has received. */
export function shown(socket: TestSocket): Shown[] {
  return socket.frames.filter(({ type }) => type.startsWith("MESSAGE_")).map((frame) => Shown.parse(frame));
}

/** Resolves once a socket has received `count` messages. @returns them */
export async function shownOnce(socket: TestSocket, count: number): Promise<Shown[]> {
  await socket.until(
    ({ frames }) => frames.filter(({ type }) => type.startsWith("MESSAGE_")).length >= count,
  );
  return shown(socket);
}
