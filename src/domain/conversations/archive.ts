import type { SpaceId } from "../ids.ts";

/**
 * A member's archive: conversations that they have put aside. Whether one is archived is computed from what
 * was stored when its member last changed it, and from its newest countable message: no message writes it.
 */

/** The `mutedUntil` of a conversation whose member has muted it for ever. */
export const FOR_EVER = -1;

/** How many countable messages a conversation has, and the time of the newest one (ms since 1970). */
export interface NewestCounted {
  count: number;
  at: number;
}

/** A member's archive and mute of a conversation, as they are stored. */
export interface ArchiveState {
  /** the countable messages as the member archived the conversation; null: it is not archived */
  archivedCount: number | null;
  /** until when the member has muted it (ms since 1970), also a time that is over; 0: not, -1: for ever */
  mutedUntil: number;
}

/** The same, with the space of a channel. */
export interface SpaceArchiveState extends ArchiveState {
  /** null: it is no channel */
  spaceId: SpaceId | null;
  /** until when the member has muted the space, as `mutedUntil` */
  spaceMutedUntil: number;
}

/** The archive state of a conversation that was neither archived nor muted. */
export const NOT_ARCHIVED: ArchiveState = { archivedCount: null, mutedUntil: 0 };

/** Whether a mute holds at a time (ms since 1970). */
export function isMutedAt(mutedUntil: number, time: number): boolean {
  return mutedUntil === FOR_EVER || time < mutedUntil;
}

/** Whether a conversation is silent for its member at a time: they have muted it, or its space. */
export function isSilentAt(
  { mutedUntil, spaceMutedUntil }: Pick<SpaceArchiveState, "mutedUntil" | "spaceMutedUntil">,
  time: number,
): boolean {
  return isMutedAt(mutedUntil, time) || isMutedAt(spaceMutedUntil, time);
}

/**
 * Whether a conversation is archived: no countable message has come since, unless it was muted then. Of
 * several messages the newest decides, as times never fall and a mute ends once.
 */
export function isArchived({ archivedCount, mutedUntil }: ArchiveState, newest: NewestCounted): boolean {
  if (archivedCount === null) return false;
  return newest.count <= archivedCount || isMutedAt(mutedUntil, newest.at);
}

/**
 * The mute as a member is shown it.
 * @param now ms since 1970
 * @returns `mutedUntil` is 0 once the time is over
 */
export function shownMute(mutedUntil: number, now: number): { silent: boolean; mutedUntil: number } {
  const silent = isMutedAt(mutedUntil, now);
  return { silent, mutedUntil: silent ? mutedUntil : 0 };
}
