import { exports } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { accepted, type TestSocket } from "../../support/clients/socket.ts";
import { Log, Session, type Signed } from "./client.ts";

/** What a message says of its conversation: neither its members nor what was said last. */
const SceneSession = Session.extend({
  session_info: z.union([Session.shape.session_info, z.strictObject({})]),
  recently_chat_log: z.null(),
});

/** A frame that shows a message: nothing may lack, nothing else be there. */
const Shown = z.strictObject({
  type: z.enum(["MESSAGE_SEND_SUCCESS", "MESSAGE_RECEIVED"]),
  content: z.json(),
  session: SceneSession,
  sender: z.string(),
  chat_log: Log,
});
export type Shown = z.infer<typeof Shown>;

/** Asks for a socket as the document has it. */
export function dial(name: string, sig: string, { slash = "/", headers = {} } = {}): Promise<Response> {
  const path = `/ws/chat/${encodeURIComponent(name)}/${sig}${slash}`;
  const all = { Upgrade: "websocket", ...headers };
  return exports.default.fetch(new Request(`https://parley.test${path}`, { headers: all }));
}

/** Opens a socket; its first frame says so and nothing more. */
export async function connect({ name, sig }: Signed): Promise<TestSocket> {
  const socket = accepted(await dial(name, sig));
  expect(await socket.next("SDK_READY")).toEqual({ type: "SDK_READY" });
  return socket;
}

/** How a socket was closed at once; no frame came before. */
export async function refusedWith(response: Response): Promise<number> {
  const socket = accepted(response);
  const { code } = await socket.closed();
  expect(socket.frames).toEqual([]);
  return code;
}

/** The messages that a socket was shown. */
export function shown(socket: TestSocket): Shown[] {
  return socket.frames.filter(({ type }) => type.startsWith("MESSAGE_")).map((frame) => Shown.parse(frame));
}

/** Resolves once a socket was shown so many messages. @returns them */
export async function shownOnce(socket: TestSocket, count: number): Promise<Shown[]> {
  await socket.until(
    ({ frames }) => frames.filter(({ type }) => type.startsWith("MESSAGE_")).length >= count,
  );
  return shown(socket);
}
