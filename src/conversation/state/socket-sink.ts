import type { Seq, UserId } from "../../domain/ids.ts";
import type { ChangeAnnouncement } from "../change-feed/change-feed.ts";
import type { MessageRow } from "../log/row.ts";
import type { SendOrigin, SendOutcome } from "../sending/send.ts";
import type { Sample } from "../viewers/sampling.ts";
import type { StoredChange } from "./group-change.ts";
import type { EventSink } from "./published.ts";

/** The place of a revoked message. */
type RevokedRow = Pick<MessageRow, "seq" | "in_main" | "shadowed" | "sender_id">;

/** The sockets of the room. Messages are told here too: devices have them by the pages of inbox updates. */
export interface SocketSink extends EventSink {
  /** the outcomes of sends, stored and refused, in order */
  sent(outcomes: SendOutcome<SendOrigin>[]): void;
  /** messages of elsewhere are stored, in order */
  imported(rows: readonly MessageRow[]): void;
  /** stored messages have changed since the last announcement, each once or often */
  messagesChanged(announcement: ChangeAnnouncement): void;
  /** follows `messagesChanged` for the same revoke; `row`: the message before it was emptied */
  revoked(row: RevokedRow, by: UserId, rev: number): void;
  hidden(seq: Seq, userId: UserId, rev: number): void;
  /** a change of the group was stored; of its messages: `messagesChanged` */
  groupChanged(changed: StoredChange): void;
  /** a burst is over, in which messages were left out at last */
  sampleEnded(sample: Sample): void;
  /** whether a socket is told of changed messages as a whole alone */
  tellsWhole(): boolean;
  /**
   * All who look see the conversation otherwise.
   * @returns the users among them whose updates the room sends
   */
  refresh(): UserId[];
}
