import type { Position, UserId } from "../ids.ts";
import type { Message } from "./message.ts";

/** A stretch of somebody's history, as its conversation gives it. */
export interface HistoryChunk {
  items: Message[];
  /** behind which seq to go on; null: there is nothing more */
  next: Position | null;
  /** the last that there is for him */
  lastSeq: Position;
  /** who is meant by a mention of all; nobody where no item has one */
  people: UserId[];
}
