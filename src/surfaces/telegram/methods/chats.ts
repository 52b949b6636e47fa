import { banUser, liftBan } from "../../../core/groups/bans.ts";
import { withCurrentProfiles } from "../../../core/groups/groups.ts";
import type { ConversationId, UserId } from "../../../domain/ids.ts";
import { checked } from "../../../http/fields.ts";
import { badRequest } from "../errors.ts";
import { inWords } from "../refusals.ts";
import { flag, OnChat, OnUser, orNone } from "../schemas.ts";
import { serializeChatPhoto } from "../serialize/files.ts";
import { serializeBanned, serializeLeft, serializeMember } from "../serialize/members.ts";
import { serializeChat } from "../serialize/users.ts";
import { placeOf, standingOf } from "../use-cases/chats.ts";
import { type BotCall, chatOf, groupOf, type Method, read } from "./method.ts";

const MAX_ADMINISTRATORS = 50;
const NO_GIFTS = {
  ...{ unlimited_gifts: false, limited_gifts: false, unique_gifts: false },
  ...{ premium_subscription: false, gifts_from_channels: false },
};

const getChat: Method = async (call) => {
  const { chat_id } = checked(OnChat, await read(call));
  const id = await chatOf(call, chat_id);
  const { core, bot } = call;
  const place = await placeOf(core, bot.id, id);
  const { profile } = await core.conversations.describe(id, { userId: bot.id });
  const { name, avatar, introduction, slowModeS } = profile;
  const chat = serializeChat(place.kind === "group" ? { ...place, name } : place);
  return {
    ...{ ...chat, accent_color_id: 0, max_reaction_count: 20, accepted_gift_types: NO_GIFTS },
    ...(place.kind === "group" && introduction !== "" && { description: introduction }),
    ...(place.kind === "group" && avatar !== "" && { photo: serializeChatPhoto(avatar) }),
    ...(slowModeS > 0 && { slow_mode_delay: slowModeS }),
  };
};

const getChatMember: Method = async (call) => {
  const { chat_id, user_id } = checked(OnUser, await read(call));
  const id = await chatOf(call, chat_id);
  const { core, bot } = call;
  const { user, as } = await standingOf(core, bot.id, id, user_id);
  if (as === "banned") return serializeBanned(user);
  return as === "absent" ? serializeLeft(user) : serializeMember(user, as);
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
  return members.map(({ user, role }) => serializeMember(user, role));
};

const getChatMemberCount: Method = async (call) => {
  const { chat_id } = checked(OnChat, await read(call));
  const id = await chatOf(call, chat_id);
  const { readState } = await call.core.conversations.describe(id, { userId: call.bot.id });
  return readState.memberCount;
};

const banChatMember: Method = async (call) => {
  const { chat_id, user_id } = checked(OnUser, await read(call));
  const id = await groupOf(call, chat_id);
  await restricting(call, id, user_id, () => banUser(call.core, call.bot.id, id, user_id, ""));
  return true;
};

const Unbanned = OnUser.extend({ only_if_banned: orNone(flag) });

const unbanChatMember: Method = async (call) => {
  const { chat_id, user_id, only_if_banned = false } = checked(Unbanned, await read(call));
  const id = await groupOf(call, chat_id);
  const { core, bot } = call;
  const targetIds = [user_id];
  const members = await core.conversations.membersByIds(id, { userId: bot.id, targetIds });
  // As Telegram's documentation says, a member who is not banned is removed.
  if (members.length > 0) {
    const remove = () => core.conversations.remove(id, { userId: bot.id, targetIds });
    if (!only_if_banned) await restricting(call, id, user_id, remove);
    return true;
  }
  await inWords("restrict", () => liftBan(core, bot.id, id, user_id));
  return true;
};

const leaveChat: Method = async (call) => {
  const { chat_id } = checked(OnChat, await read(call));
  const id = await groupOf(call, chat_id);
  await call.core.conversations.leave(id, { userId: call.bot.id });
  return true;
};

/** Runs what puts a member out of a group. @throws in Telegram's words, for an owner or an admin too */
async function restricting(
  { core, bot }: BotCall,
  id: ConversationId,
  userId: UserId,
  work: () => Promise<unknown>,
): Promise<void> {
  await inWords("restrict", work).catch(async (error: unknown) => {
    const targetIds = [userId];
    const [target] = await core.conversations.membersByIds(id, { userId: bot.id, targetIds });
    if (userId === bot.id || !target || target.role === "member") throw error;
    throw badRequest(
      target.role === "owner" ? "can't remove chat owner" : "user is an administrator of the chat",
    );
  });
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
