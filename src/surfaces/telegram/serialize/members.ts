import type { Person } from "../../../domain/accounts/person.ts";
import type { Role } from "../../../domain/conversations/group-kind.ts";
import { serializeUser } from "./users.ts";

const STATUSES: Record<Role, string> = { owner: "creator", admin: "administrator", member: "member" };

/** What an administrator of this API may; groups here have one rank for all of it. */
const RIGHTS = {
  ...{ can_be_edited: false, is_anonymous: false, can_manage_chat: true, can_delete_messages: true },
  ...{ can_manage_video_chats: false, can_restrict_members: true, can_promote_members: false },
  ...{ can_change_info: true, can_invite_users: true, can_post_stories: false, can_edit_stories: false },
  ...{ can_delete_stories: false, can_pin_messages: true },
};

/** A member of a chat, as updates and calls show them. */
export function serializeMember(user: Person, role: Role) {
  return {
    ...{ status: STATUSES[role], user: serializeUser(user) },
    ...(role === "owner" && { is_anonymous: false }),
    ...(role === "admin" && RIGHTS),
  };
}

/** A user who is not in a chat. */
export function serializeLeft(user: Person) {
  return { status: "left", user: serializeUser(user) };
}

/** A user who was put out of a chat. 0: for ever. */
export function serializeBanned(user: Person) {
  return { status: "kicked", user: serializeUser(user), until_date: 0 };
}
