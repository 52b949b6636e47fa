import { z } from "zod";
import { changeMember, decideJoinRequest, editGroup, listJoinRequests } from "../../../core/groups/groups.ts";
import { CoreError } from "../../../domain/errors.ts";
import type { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { checked, integer } from "../../../http/fields.ts";
import { badRequest } from "../errors.ts";
import { inWords } from "../refusals.ts";
import { flag, json, OnChat, OnMessage, OnUser, orNone, seq } from "../schemas.ts";
import { type BotCall, chatOf, groupOf, type Method, read } from "./method.ts";

const pinChatMessage: Method = async (call) => {
  const { chat_id, message_id } = checked(OnMessage, await read(call));
  const id = await chatOf(call, chat_id);
  await inWords("pin", () => call.core.conversations.pin(id, { userId: call.bot.id, seq: message_id }));
  return true;
};

const Unpinned = OnChat.extend({ message_id: orNone(seq) });

/** Without a message the one that was pinned last. */
const unpinChatMessage: Method = async (call) => {
  const { chat_id, message_id } = checked(Unpinned, await read(call));
  const id = await chatOf(call, chat_id);
  const caller = { userId: call.bot.id };
  const { conversations } = call.core;
  const which = message_id ?? (await conversations.pins(id, caller))[0]?.seq;
  if (which !== undefined) await inWords("unpin", () => conversations.unpin(id, { ...caller, seq: which }));
  return true;
};

const unpinAllChatMessages: Method = async (call) => {
  const { chat_id } = checked(OnChat, await read(call));
  const id = await chatOf(call, chat_id);
  const caller = { userId: call.bot.id };
  const { conversations } = call.core;
  await inWords("unpin", async () => {
    for (const one of await conversations.pins(id, caller))
      await conversations.unpin(id, { ...caller, seq: one.seq });
  });
  return true;
};

const Titled = OnChat.extend({ title: z.string().min(1, "must not be empty").max(128) });

const setChatTitle: Method = async (call) => {
  const { chat_id, title } = checked(Titled, await read(call));
  const id = await groupOf(call, chat_id);
  await inWords("title", () => editGroup(call.core, call.bot.id, id, { name: title }));
  return true;
};

const Described = OnChat.extend({ description: orNone(z.string().max(255)) });

const setChatDescription: Method = async (call) => {
  const { chat_id, description = "" } = checked(Described, await read(call));
  const id = await groupOf(call, chat_id);
  await inWords("description", () => editGroup(call.core, call.bot.id, id, { introduction: description }));
  return true;
};

/** Whether members may write is the one permission that groups here have. */
const permissions = json(z.looseObject({ can_send_messages: orNone(flag) }));
const Permitted = OnChat.extend({ permissions });

const setChatPermissions: Method = async (call) => {
  const { chat_id, permissions } = checked(Permitted, await read(call));
  const id = await groupOf(call, chat_id);
  const muteAll = permissions.can_send_messages !== true;
  await inWords("permissions", () => editGroup(call.core, call.bot.id, id, { muteAll }));
  return true;
};

const Restricted = OnUser.extend({ permissions, until_date: orNone(integer) });

/** A member who may not write is muted: 30 s to 366 days, and else for as long as may be. */
const restrictChatMember: Method = async (call) => {
  const { chat_id, user_id, permissions, until_date = 0 } = checked(Restricted, await read(call));
  const id = await groupOf(call, chat_id);
  const left = until_date - Math.floor(Date.now() / 1_000);
  const seconds = left < 30 || left > 366 * 86_400 ? LIMITS.muteSeconds : left;
  const mutedForS = permissions.can_send_messages === true ? 0 : seconds;
  await inWords("restrict", () => changeMember(call.core, call.bot.id, id, user_id, { mutedForS }));
  return true;
};

/** Any of the rights makes an admin here, and none of them a plain member. */
const promoteChatMember: Method = async (call) => {
  const given = await read(call);
  const { chat_id, user_id } = checked(OnUser, given);
  const rights = Object.entries(given).filter(([name]) => name.startsWith("can_"));
  const isAdmin = rights.some(([, value]) => flag.safeParse(value).data === true);
  const id = await groupOf(call, chat_id);
  const change = { role: isAdmin ? ("admin" as const) : ("member" as const) };
  await inWords("promote", () => changeMember(call.core, call.bot.id, id, user_id, change));
  return true;
};

/** The join requests that are looked through for that of a user. */
const MAX_REQUESTS = 100;

function decides(accept: boolean): Method {
  return async (call) => {
    const { chat_id, user_id } = checked(OnUser, await read(call));
    const id = await groupOf(call, chat_id);
    await inWords("invite", () => decide(call, id, user_id, accept));
    return true;
  };
}

async function decide(
  { core, bot }: BotCall,
  id: Awaited<ReturnType<typeof groupOf>>,
  userId: UserId,
  accept: boolean,
): Promise<void> {
  const { items } = await listJoinRequests(core, bot.id, id, { limit: MAX_REQUESTS, cursor: undefined });
  const request = items.find(({ user }) => user.id === userId);
  if (!request) throw badRequest("HIDE_REQUESTER_MISSING");
  try {
    await decideJoinRequest(core, bot.id, id, { joinRequestId: request.id, accept });
  } catch (error) {
    if (error instanceof CoreError && error.code === "already_handled")
      throw badRequest("HIDE_REQUESTER_MISSING");
    throw error;
  }
}

/** The methods by which a bot looks after a group. */
export const GROUPS = {
  ...{ pinChatMessage, unpinChatMessage, unpinAllChatMessages },
  ...{ setChatTitle, setChatDescription, setChatPermissions, restrictChatMember, promoteChatMember },
  ...{ approveChatJoinRequest: decides(true), declineChatJoinRequest: decides(false) },
} satisfies Record<string, Method>;
