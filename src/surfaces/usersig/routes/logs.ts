import { Hono } from "hono";
import { markDirectRead } from "../../../core/messages/messages.ts";
import { countCost } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf, queryFields } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed, succeedListed } from "../envelope.ts";
import { BODY, LogListing, Marking } from "../schemas.ts";
import { serializeLog } from "../serialize.ts";
import { pagesWithReadStatus } from "../use-cases/pages-with-read-status.ts";

export const logs = new Hono<CallerEnv>({ strict: false });

/** 获取聊天记录 */
logs.get("/chat/chat-log-info", authenticated, async (c) => {
  const { session_id, range } = checked(LogListing, queryFields(c.req.raw));
  const { core, caller } = c.var;
  await countCost(c, caller.userId, range ? "page" : "whole");
  const names = { list: "chat_log_info_list", count: "num_of_chat_logs" };
  return succeedListed(
    c,
    names,
    await pagesWithReadStatus(core, caller.userId, session_id, range),
    range,
    (log) => serializeLog(log, core.settings.timeZone),
  );
});

/** 单聊标记为已读 */
logs.post("/chat/single-chat-mark-as-read", authenticated, async (c) => {
  const { session_id } = checked(Marking, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  return succeed(c, { marked_count: await markDirectRead(core, caller.userId, session_id) });
});
