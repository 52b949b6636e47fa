import type { Position, Seq, UserId } from "../../domain/ids.ts";
import type { BodyJson, Kind } from "../../domain/messages/content.ts";
import type { Priority } from "../../domain/messages/message.ts";

/** A message's row. */
export type MessageRow = {
  seq: Seq;
  /** countable messages up to and with this one */
  n: number;
  sender_id: UserId;
  kind: Kind;
  body: BodyJson;
  quote_seq: Seq | null;
  mentions: string | null;
  client_msg_id: string | null;
  /** JSON of `Forwarded` */
  forwarded: string | null;
  client_time: number | null;
  priority: Priority | null;
  custom_data: string | null;
  /** of a tip: JSON of `TipDetails` */
  tip: string | null;
  created_at: number;
  revoked_by: UserId | null;
  revoked_rev: number | null;
};

/** A page of rows, and whether there are more behind it. */
export interface MessageRows {
  rows: MessageRow[];
  hasMore: boolean;
}

/** Which messages are wanted of those that a reader may see. */
export interface Filter {
  senderId?: UserId;
  kind?: Kind;
}

/** By seq: rising or falling. */
export type Order = "ASC" | "DESC";

/** Which messages a reader may see: after a seq, and without those which he has hidden. */
export interface Reader {
  user_id: UserId;
  visible_from: Position;
}
