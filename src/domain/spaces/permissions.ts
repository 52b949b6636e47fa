import { z } from "zod";
import type { UserId } from "../ids.ts";

/** What a member of a space may be allowed to do, in it and in its channels. */
export const Permission = z.enum([
  "read",
  "write",
  "threads",
  "reactions",
  "files",
  "mention_all",
  "pin",
  "manage_messages",
  "invite",
  "manage_channel",
  "manage_roles",
  "manage_space",
  "kick",
  "ban",
  "see_audit",
]);
export type Permission = z.infer<typeof Permission>;

/** What every member may do. */
const EVERYONE: readonly Permission[] = ["read", "write", "threads", "reactions", "files", "invite"];

/** What a space says of who may do what in it. */
export interface SpaceRights {
  ownerId: UserId;
}

/** The permissions of a member of a space: the owner has all. */
export function permissionsOf(userId: UserId, { ownerId }: SpaceRights): readonly Permission[] {
  return userId === ownerId ? Permission.options : EVERYONE;
}
