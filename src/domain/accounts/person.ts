import type { UserId } from "../ids.ts";

/** A user's profile as others see it beside a message or in a list of members. */
export interface Person {
  id: UserId;
  username: string;
  nickname: string;
  /** an http(s) URL or `""` */
  avatar: string;
}

/** The profile that is shown for a user whose profile no longer exists. */
export function deletedUser(id: UserId): Person {
  return { id, username: `deleted-${id}`, nickname: "", avatar: "" };
}
