import type { Person } from "../support/person.ts";
import type { Room } from "../support/room.ts";
import { type Place, Server } from "../support/server.ts";

/** Two people in a direct conversation, and the server they are on; acts replace the server. */
export interface Scene {
  place: Place;
  server: Server;
  ann: Person;
  bob: Person;
  conversationId: number;
}

/** A new server on the same place; people keep their tokens. */
export async function revive(scene: Scene): Promise<void> {
  scene.server = await Server.start(scene.place);
  scene.ann = scene.ann.at(scene.server.origin);
  scene.bob = scene.bob.at(scene.server.origin);
}

/** Sends `texts` one after the other, with at most `window` of them not yet acknowledged. */
export async function talk(room: Room, texts: string[], window: number): Promise<void> {
  const before = room.acks.size;
  for (const [sent, text] of texts.entries()) {
    await room.until("an ack", () => sent - (room.acks.size - before) < window);
    room.send(text);
  }
  await room.until("the last acks", () => room.acks.size - before === texts.length);
}

/** 1, 2, 3 … n */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, at) => at + 1);
}
