import type { Position, Seq } from "../ids.ts";

/**
 * Selects messages of a conversation that name a user: their own do not count. Bounds are exclusive, and all
 * of them hold.
 */
export interface MentionRange {
  /** only messages after this one */
  after: Position;
  /** only messages before this one; absent: no bound */
  before?: number;
  /** only messages up to this one; absent: no bound */
  upTo?: Position;
  /** only messages that were sent by this time (ms since 1970); absent: no bound */
  sentBy?: number;
  limit: number;
}

/** The place and the time (ms since 1970) of a message. */
export interface MessagePlace {
  seq: Seq;
  at: number;
}

/** The place of a message that names a user. */
export interface MentionPlace extends MessagePlace {
  isUnread: boolean;
}

/** Messages that name a user, newest first. */
export interface MentionPage {
  found: MentionPlace[];
  /** the oldest message that was looked at, if older ones are left; null: none is */
  lookedAt: MessagePlace | null;
}
