import type { MessageReference } from "./message.ts";

/** A message that a user has saved, as their inbox stores it. Times are in ms since 1970. */
export interface SavedEntry extends MessageReference {
  /** the user's own words about it; `""`: none */
  note: string;
  /** when the user wants to be reminded; null: never, or the reminder was seen */
  remindAt: number | null;
  /** the time of the reminder has come, and the user has not seen it */
  isDue: boolean;
  /** no two entries of a user have the same time */
  savedAt: number;
}

/** What a user says of a message that they save; what is absent stays as it is. */
export interface SavedChange {
  note?: string;
  /** ms since 1970, in the future; null: no reminder */
  remindAt?: number | null;
}

/** A page of a user's saved messages, newest first. */
export interface SavedRange {
  limit: number;
  /** only entries that were saved before this time (ms since 1970) */
  before?: number;
  /** only entries with a reminder that is due */
  onlyDue?: boolean;
}
