import { banUser, liftBan } from "../../../core/groups/bans.ts";
import { withCurrentProfiles } from "../../../core/groups/groups.ts";
import type { Role } from "../../../domain/conversations/group-kind.ts";
import { noUser } from "../../../domain/errors.ts";
import { checked } from "../../../http/fields.ts";
import { badRequest } from "../errors.ts";
import { flag, OnChat, OnUser, orNone } from "../schemas.ts";
import { serializeMember } from "../serialize/messages.ts";
import { serializeChat } from "../serialize/users.ts";
import { placeOf } from "../use-cases/chats.ts";
import { chatOf, type Method, read } from "./method.ts";

const ROLES: Record<Role, string> = { owner: "creator", admin: "administrator", member: "member" };
/** What an administrator of this API may; groups here have one rank for all of it. */
const RIGHTS = {
  ...{ can_be_edited: false, is_anonymous: false, can_manage_chat: true, can_delete_messages: true },
  ...{ can_manage_video_chats: false, can_restrict_members: true, can_promote_members: false },
  ...{ can_change_info: true, can_invite_users: true, can_post_stories: false, can_edit_stories: false },
  ...{ can_delete_stories: false, can_pin_messages: true },
};
const MAX_ADMINISTRATORS = 50;

const rightsOf = (role: Role) => {
  if (role === "owner") return { is_anonymous: false };
  return role === "admin" ? RIGHTS : {};
};

const getChat: Method = async (call) => {
  const { chat_id } = checked(OnChat, await read(call));
  const id = await chatOf(call, chat_id);
  const { core, bot } = call;
  const place = await placeOf(core, bot.id, id);
  const { profile } = await core.conversations.describe(id, { userId: bot.id });
  const { name, introduction, slowModeS } = profile;
  const chat = serializeChat(place.kind === "group" ? { ...place, name } : place);
  return {
    ...{ ...chat, accent_color_id: 0, max_reaction_count: 20, accepted_gift_types: {} },
    ...(place.kind === "group" && introduction !== "" && { description: introduction }),
    ...(slowModeS > 0 && { slow_mode_delay: slowModeS }),
  };
};

const getChatMember: Method = async (call) => {
  const { chat_id, user_id } = checked(OnUser, await read(call));
  const id = await chatOf(call, chat_id);
  const { core, bot } = call;
  const targetIds = [user_id];
  const memberships = await core.conversations.membersByIds(id, { userId: bot.id, targetIds });
  const [member] = await withCurrentProfiles(core, bot.id, memberships);
  if (!member) throw noUser(user_id);
  return serializeMember(member.user, ROLES[member.role], rightsOf(member.role));
};

const getChatAdministrators: Method = async (call) => {
  const { chat_id } = checked(OnChat, await read(call));
  const id = await chatOf(call, chat_id);
  const { core, bot } = call;
  const range = { userId: bot.id, limit: MAX_ADMINISTRATORS };
  const found = await Promise.all(
    (["owner", "admin"] as const).map((role) => core.conversations.members(id, { ...range, role })),
  );
  const members = await withCurrentProfiles(core, bot.id, found.flat());
  return members.map(({ user, role }) => serializeMember(user, ROLES[role], rightsOf(role)));
};

const getChatMemberCount: Method = async (call) => {
  const { chat_id } = checked(OnChat, await read(call));
  const id = await chatOf(call, chat_id);
  const { readState } = await call.core.conversations.describe(id, { userId: call.bot.id });
  return readState.memberCount;
};

const banChatMember: Method = async (call) => {
  const { chat_id, user_id } = checked(OnUser, await read(call));
  requireGroup(chat_id);
  await banUser(call.core, call.bot.id, await chatOf(call, chat_id), user_id, "");
  return true;
};

const Unbanned = OnUser.extend({ only_if_banned: orNone(flag) });

const unbanChatMember: Method = async (call) => {
  const { chat_id, user_id, only_if_banned = false } = checked(Unbanned, await read(call));
  requireGroup(chat_id);
  const id = await chatOf(call, chat_id);
  const { core, bot } = call;
  const targetIds = [user_id];
  const members = await core.conversations.membersByIds(id, { userId: bot.id, targetIds });
  // As Telegram's documentation says, a member who is not banned is removed.
  if (members.length > 0) {
    if (!only_if_banned) await core.conversations.remove(id, { userId: bot.id, targetIds });
    return true;
  }
  await liftBan(core, bot.id, id, user_id);
  return true;
};

const leaveChat: Method = async (call) => {
  const { chat_id } = checked(OnChat, await read(call));
  requireGroup(chat_id);
  await call.core.conversations.leave(await chatOf(call, chat_id), { userId: call.bot.id });
  return true;
};

/** @throws `validation_failed` for a private chat */
function requireGroup(chat: number): void {
  if (chat > 0) throw badRequest("method is available for supergroup chats only");
}

/** The methods that concern chats and their members. */
export const CHATS = {
  ...{
    getChat,
    getChatMember,
    getChatAdministrators,
    getChatMemberCount,
    getChatMembersCount: getChatMemberCount,
  },
  ...{ banChatMember, kickChatMember: banChatMember, unbanChatMember, leaveChat },
} satisfies Record<string, Method>;
