import type { Position, UserId } from "../ids.ts";
import type { Message } from "./message.ts";

/** A chunk of a member's history. */
export interface HistoryChunk {
  items: Message[];
  /** the seq after which the next chunk begins; null: there is none */
  next: Position | null;
  /** the last seq that the member can see */
  lastSeq: Position;
  /** the users whom a mention of everybody names; empty if no item has one */
  people: UserId[];
}
