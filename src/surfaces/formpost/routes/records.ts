import { type Context, Hono } from "hono";
import type { z } from "zod";
import { whileSignedIn } from "../../../core/accounts/sessions.ts";
import { distinguishNotMember } from "../../../core/conversations/conversations.ts";
import { type HistoryQuery, readHistory } from "../../../core/messages/full-history.ts";
import { checked } from "../../../http/fields.ts";
import { streamed } from "../../../http/uploads/stream.ts";
import { authenticated, type FormEnv } from "../auth.ts";
import { ContentQuery, Query, SenderQuery, TypeQuery } from "../schemas.ts";
import { messagesJson } from "../serialize.ts";

export const records = new Hono<FormEnv>({ strict: false });

/** 获取所有聊天记录: all that the caller can read. */
records.post("/user/query_all_records", authenticated, (c) => query(c, checked(Query, c.var.fields), {}));

/** 根据发送者查询聊天记录 */
records.post("/user/query_by_sender", authenticated, (c) => {
  const asked = checked(SenderQuery, c.var.fields);
  return query(c, asked, { senderId: asked.sender });
});

/** 根据内容查询聊天记录: what has `content` in it; every text, where that is empty. */
records.post("/user/query_by_content", authenticated, (c) => {
  const asked = checked(ContentQuery, c.var.fields);
  return query(c, asked, asked.content === "" ? { kind: "text" } : { text: asked.content });
});

/** 根据类型查询聊天记录 */
records.post("/user/query_by_type", authenticated, (c) => {
  const asked = checked(TypeQuery, c.var.fields);
  return query(c, asked, { kind: asked.type });
});

/** Answers with messages, the oldest first, while they are read. */
async function query(
  { var: { core, caller } }: Context<FormEnv>,
  { conversation, before, limit }: z.infer<typeof Query>,
  filter: HistoryQuery,
): Promise<Response> {
  const wanted = { ...filter, before, limit };
  const parts = await distinguishNotMember(core, conversation, () =>
    readHistory(core, caller.userId, conversation, wanted),
  );
  const allowed = whileSignedIn(core, caller, parts);
  return new Response(streamed(messagesJson(allowed)), { headers: { "Content-Type": "application/json" } });
}
