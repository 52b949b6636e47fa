import type { UserId } from "../ids.ts";

/** A person as others see him beside a message or in a list of members. */
export interface Person {
  id: UserId;
  username: string;
  nickname: string;
  /** an http(s) URL or `""` */
  avatar: string;
}

/** Who is shown where nothing is known of a user any more. */
export function deletedUser(id: UserId): Person {
  return { id, username: `deleted-${id}`, nickname: "", avatar: "" };
}
