import { onTestFinished } from "vitest";
import {
  acceptSocket,
  DEVICE_PATH,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../../support/clients/socket.ts";

/** The two kinds of sockets of v1: a test of both names a conversation, which a device socket ignores. */
export interface Kind {
  name: "room" | "device";
  path(conversationId: number, query?: string): string;
}

export const ROOM: Kind = { name: "room", path: roomPath };
export const DEVICE: Kind = { name: "device", path: (_, query = "") => `${DEVICE_PATH}${query}` };
export const KINDS = [ROOM, DEVICE];

/** Opens a socket of a kind, waits for its `ready`, and closes it when the test ends. */
export async function openOf(
  { path }: Kind,
  conversationId: number,
  { token }: { token: string },
  options: { query?: string; halfOpen?: boolean } = {},
): Promise<TestSocket> {
  const { query = "", halfOpen = false } = options;
  const socket = acceptSocket(await upgrade(path(conversationId, query), token), { halfOpen });
  await socket.next("ready");
  // One that reads nothing more would keep its object awake.
  onTestFinished(() => socket.close());
  return socket;
}
