import type { Person } from "../support/person.ts";
import type { Room } from "../support/room.ts";
import { Server, type TemporaryFolder } from "../support/server.ts";

/** Two users in a direct conversation, and their server; some acts replace the server. */
export interface E2eContext {
  folder: TemporaryFolder;
  server: Server;
  ann: Person;
  bob: Person;
  conversationId: number;
}

/** Starts a new server on the same state. Users keep their tokens. */
export async function restartServer(context: E2eContext): Promise<void> {
  context.server = await Server.start(context.folder);
  context.ann = context.ann.at(context.server.origin);
  context.bob = context.bob.at(context.server.origin);
}

/** Sends `texts` one after the other, with at most `window` of them unacknowledged. */
export async function talk(room: Room, texts: string[], window: number): Promise<void> {
  const before = room.acks.size;
  for (const [sent, text] of texts.entries()) {
    await room.until("an ack", () => sent - (room.acks.size - before) < window);
    room.send(text);
  }
  await room.until("the last acks", () => room.acks.size - before === texts.length);
}

/** 1, 2, 3 … n */
export function rangeFromOne(n: number): number[] {
  return Array.from({ length: n }, (_, at) => at + 1);
}
