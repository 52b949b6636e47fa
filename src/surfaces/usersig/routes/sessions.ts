import { Hono } from "hono";
import { countCost } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf, queryFields } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed, succeedListed } from "../envelope.ts";
import { BODY, Listing, Opening, SINGLE } from "../schemas.ts";
import { serializeSession } from "../serialize.ts";
import { openDirectOrGroup } from "../use-cases/open.ts";
import { getWithMembers, listWithMembers } from "../use-cases/with-members.ts";

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
