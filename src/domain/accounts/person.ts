import { type IncomingHookId, NOBODY, type UserId } from "../ids.ts";

/** A user's profile as others see it beside a message or in a list of members. */
export interface Person {
  id: UserId;
  username: string;
  nickname: string;
  /** an http(s) URL or `""` */
  avatar: string;
  /** a program of the team's; absent: a person */
  bot?: boolean;
  /** no user, but an incoming hook, with its own name; absent: a user, or nobody */
  hook?: { id: IncomingHookId; name: string };
}

/**
 * A profile with the number of its state: of two profiles of one user that with the higher number is newer.
 */
export interface VersionedPerson extends Person {
  version: number;
}

/** The version of the profile of a deleted user: nothing follows it. */
export const LAST_VERSION = Number.MAX_SAFE_INTEGER;

/** Whether two profiles of one user look the same. */
export function looksSame(a: Person, b: Person): boolean {
  const { username, nickname, avatar, bot = false } = a;
  return (
    username === b.username && nickname === b.nickname && avatar === b.avatar && bot === (b.bot ?? false)
  );
}

/**
 * @param before the profile before a change
 * @returns what is shown beside messages after the change; null: it looks the same
 */
export function changedPerson(
  before: Person | undefined,
  { id, username, nickname, avatar, bot = false }: Person,
  version: number,
): VersionedPerson | null {
  const after = { id, username, nickname, avatar, bot };
  return before && looksSame(before, after) ? null : { ...after, version };
}

/** The profile that is shown for a user whose profile no longer exists, and an empty one for nobody. */
export function deletedUser(id: UserId): Person {
  if (id === NOBODY) return { id, username: "", nickname: "", avatar: "" };
  return { id, username: `deleted-${id}`, nickname: "", avatar: "" };
}
