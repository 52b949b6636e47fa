import type { Position, Seq, UserId } from "../ids.ts";
import type { Message } from "../messages/message.ts";

/** A revoke or a hide that a client which was away has to hear of; `by` is null for a hide. */
export type MessageChange = { rev: number; seq: Seq; by: UserId | null };

/** Up to where somebody was told of a conversation: its messages, and what became of them. */
export interface SyncPosition {
  seq: Position;
  rev: number;
}

/** Whether there is something at one place that is not at the other. */
export function isAhead(one: SyncPosition, other: SyncPosition): boolean {
  return one.seq > other.seq || one.rev > other.rev;
}

/** One page of what a client missed. */
export interface ReplayPage {
  /** the place which it begins behind; without a rev it has no changes */
  after: Position;
  since: number | undefined;
  /** revokes of what the client has shown already, of messages up to `after`; and its user's hides, of any */
  changes: MessageChange[];
  messages: Message[];
  /** revokes of later messages, this page's own and those behind it: for who has been told of them meanwhile */
  laterChanges: MessageChange[];
  /** from where the next page goes on */
  lastSeq: Position;
  rev: number;
  hasMore: boolean;
}

/** A page of nothing, behind which everything is yet to come. */
export function emptyPage({ after, rev }: { after: Position; rev: number }): ReplayPage {
  const nothing = { changes: [], messages: [], laterChanges: [] };
  return { after, since: rev, ...nothing, lastSeq: after, rev, hasMore: true };
}
