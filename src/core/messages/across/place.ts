import type { ConversationId } from "../../../domain/ids.ts";

/** The place of a message among those of all conversations: by time, then conversation, then seq. */
export interface Place {
  /** ms since 1970 */
  at: number;
  conversationId: ConversationId;
  seq: number;
}

/** The messages of one conversation that are wanted: those before a seq, and up to a time (ms). */
export interface Bound {
  before?: number;
  until?: number;
}

/** A seq above all others. One more than it is a safe integer, too. */
const HIGHEST_SEQ = Number.MAX_SAFE_INTEGER - 1;

/** Compares two places. @returns a positive number if `a` is the newer one, 0 if they are the same */
export function compare(a: Place, b: Place): number {
  return a.at - b.at || a.conversationId - b.conversationId || a.seq - b.seq;
}

/** The newest of some places; null is older than each. */
export function newestOf(...places: (Place | null | undefined)[]): Place | null {
  return places.reduce<Place | null>(
    (a, b) => (a && b ? (compare(a, b) < 0 ? b : a) : (a ?? b ?? null)),
    null,
  );
}

/** The newest place that a message of a conversation can have whose last one is of this time. */
export function lastPlaceIn(conversationId: ConversationId, at: number): Place {
  return { at, conversationId, seq: HIGHEST_SEQ };
}

/** The place right above another. */
export function above(place: Place): Place {
  return { ...place, seq: place.seq + 1 };
}

/** The place right below another. */
export function below(place: Place): Place {
  return { ...place, seq: place.seq - 1 };
}

/** Which messages of a conversation are below `place`; null: all. */
export function boundIn(conversationId: ConversationId, place: Place | null): Bound {
  if (place === null) return {};
  // The seq may be above all of the conversation, which has later messages by now.
  if (conversationId === place.conversationId) return { before: place.seq, until: place.at };
  return { until: conversationId < place.conversationId ? place.at : place.at - 1 };
}
