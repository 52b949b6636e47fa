import { Hono } from "hono";
import { getUsersByNames } from "../../core/accounts/users.ts";
import type { Core } from "../../core/context.ts";
import { openDirect } from "../../core/conversations/conversations.ts";
import { createGroup } from "../../core/groups/create-group.ts";
import type { Conversation } from "../../domain/conversations/conversation.ts";
import { invalid } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { countCost } from "../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../http/env.ts";
import { checked, fieldsOf, queryFields } from "../../http/fields.ts";
import { authenticated } from "./auth.ts";
import { succeed, succeedListed } from "./envelope.ts";
import { BODY, Listing, Opening, SINGLE } from "./schemas.ts";
import { serializeSession } from "./serialize.ts";
import { getWithMembers, listWithMembers } from "./use-cases/with-members.ts";

export const sessions = new Hono<CallerEnv>({ strict: false });

/** 创建会话: creates a group, or creates or finds the direct conversation of two users. */
sessions.post("/chat/create-session", authenticated, async (c) => {
  const { name, type, chat_user_id_list } = checked(Opening, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const conversation = await openDirectOrGroup(core, caller.userId, {
    ...{ kind: type === SINGLE ? "direct" : "group", name },
    ...{ usernames: chat_user_id_list, field: "chat_user_id_list" },
  });
  const withMembers = await getWithMembers(core, caller.userId, conversation);
  return succeed(c, { session: serializeSession(withMembers, core.settings.timeZone) });
});

/** 获取当前用户的会话信息列表 */
sessions.get("/chat/session-info", authenticated, async (c) => {
  const { range } = checked(Listing, queryFields(c.req.raw));
  const { core, caller } = c.var;
  await countCost(c, caller.userId, range ? "page" : "whole");
  const names = { list: "session_info_list", count: "num_of_sessions" };
  return succeedListed(c, names, await listWithMembers(core, caller.userId, range), range, (withMembers) =>
    serializeSession(withMembers, core.settings.timeZone),
  );
});

/** A conversation to open among users, by username. */
interface OpenRequest {
  kind: Conversation["kind"];
  name: string;
  usernames: string[];
  /** the name of the list of usernames in errors */
  field: string;
}

/**
 * Opens a conversation among users who include the caller, for all of them: a new group of the caller, or the
 * direct conversation of two, which may exist already.
 * @throws `not_found`, naming the unknown usernames; `validation_failed` unless the caller is among them, and
 *   for a direct conversation unless they are two; `blocked` for a group across a block
 */
async function openDirectOrGroup(
  core: Core,
  caller: UserId,
  { kind, name, usernames, field }: OpenRequest,
): Promise<Conversation> {
  const max = core.settings.maxGroupMembers;
  if (usernames.length > max) throw invalid(field, `must be at most ${max} users`);
  // Whom one may write to is asked when the conversation is begun.
  const users = await getUsersByNames(core, kind === "group" ? caller : null, usernames);
  const others = users.map(({ id }) => id).filter((id) => id !== caller);
  if (others.length === users.length) throw invalid(field, "must have your own user_id in it too");
  if (kind === "group") {
    const group = { name, memberIds: others, joinPolicy: "closed", policy: "group" } as const;
    return (await createGroup(core, caller, group)).conversation;
  }
  const [peer, surplus] = others;
  if (peer === undefined || surplus !== undefined) throw invalid(field, "must be two different users");
  const { conversation } = await openDirect(core, caller, peer, { name, forBoth: true });
  return conversation;
}
