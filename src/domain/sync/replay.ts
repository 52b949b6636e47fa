import { Position, type Seq, type UserId } from "../ids.ts";
import type { Message } from "../messages/message.ts";
import type { EncodedMessage } from "./encoded-message.ts";

/**
 * A revoke or a hide that a resuming client needs, at its own rev: the message may have changed since.
 * `by` is null for a hide. `isThreadOnly`: the revoke of a thread-only reply, for sockets that show threads.
 */
export type MessageChange = { rev: number; seq: Seq; by: UserId | null; isThreadOnly?: true };

/** A position in the message log (`seq`) and in the changes of older messages (`rev`). */
export interface SyncPosition {
  seq: Position;
  rev: number;
}

/** Whether `position` includes a message or a change that `other` does not. */
export function isAhead(position: SyncPosition, other: SyncPosition): boolean {
  return position.seq > other.seq || position.rev > other.rev;
}

/** The position that includes what either of two positions includes. */
export function furthest(one: SyncPosition, other: SyncPosition): SyncPosition {
  return { seq: Position.parse(Math.max(one.seq, other.seq)), rev: Math.max(one.rev, other.rev) };
}

/** One page of the messages and changes that a client missed. */
export interface ReplayPage<Shown = Message> {
  /** the sync position before the page; without `since` the page has no changes */
  after: Position;
  since: number | undefined;
  /**
   * the user's hides after `since`, and the revokes of messages: of those up to `after` the ones after
   * `since`, of those of the page all. A client is told of a revoke only if it has the message
   * (`toldChanges`).
   */
  changes: MessageChange[];
  /**
   * the messages up to `after` that changed after `since`, as they are now, by their last change
   */
  changed: Shown[];
  /**
   * The client loads the conversation anew up to this message, and those of the page follow: more messages
   * have changed than it is told, or it shows deleted ones. Absent: it does not.
   */
  resetSeq?: Position;
  messages: Shown[];
  /** the sync position after the page */
  lastSeq: Position;
  rev: number;
  hasMore: boolean;
}

/** A page for device sockets. */
export interface DevicePage extends ReplayPage<EncodedMessage> {
  /** the wire formats that its messages are encoded in */
  formats: readonly string[];
  /** changed messages may be without their bodies; absent: none is */
  parts?: boolean;
}

/**
 * The changes of a page that a client is told.
 * @param hasMessage whether the client has a message: it is shown any other as it is now
 */
export function toldChanges(
  { changes }: Pick<ReplayPage, "changes">,
  hasMessage: (seq: Seq) => boolean,
): MessageChange[] {
  return changes.filter(({ seq, by }) => by === null || hasMessage(seq));
}

/** An empty page with more to come. */
export function emptyPage({ after, rev }: { after: Position; rev: number }): ReplayPage<never> {
  const noEntries = { changes: [], changed: [], messages: [] };
  return { after, since: rev, ...noEntries, lastSeq: after, rev, hasMore: true };
}
