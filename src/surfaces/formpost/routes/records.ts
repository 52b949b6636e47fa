import { type Context, Hono } from "hono";
import type { z } from "zod";
import { whileSignedIn } from "../../../core/accounts/sessions.ts";
import { distinguishNotMember } from "../../../core/conversations/conversations.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { checked } from "../../../http/fields.ts";
import { streamedJson } from "../../../http/shown-files.ts";
import { authenticated, type FormEnv } from "../auth.ts";
import { ContentQuery, Query, SenderQuery, TypeQuery } from "../schemas.ts";
import { messagesJson } from "../serialize.ts";
import { type HistoryQuery, readHistory } from "../use-cases/full-history.ts";

export const records = new Hono<FormEnv>({ strict: false });

/** 获取所有聊天记录: all messages that the caller can read. */
records.post("/user/query_all_records", authenticated, weighs("whole"), (c) =>
  query(c, checked(Query, c.var.fields), {}),
);

/** 根据发送者查询聊天记录 */
records.post("/user/query_by_sender", authenticated, weighs("whole"), (c) => {
  const fields = checked(SenderQuery, c.var.fields);
  return query(c, fields, { senderId: fields.sender });
});

/** 根据内容查询聊天记录: messages that contain `content`; all texts if it is empty. */
records.post("/user/query_by_content", authenticated, weighs("whole"), (c) => {
  const fields = checked(ContentQuery, c.var.fields);
  return query(c, fields, fields.content === "" ? { kind: "text" } : { text: fields.content });
});

/** 根据类型查询聊天记录 */
records.post("/user/query_by_type", authenticated, weighs("whole"), (c) => {
  const fields = checked(TypeQuery, c.var.fields);
  return query(c, fields, { kind: fields.type });
});

/** Streams the messages, oldest first, as they are read from the log. */
async function query(
  { var: { core, caller } }: Context<FormEnv>,
  { conversation, before, limit }: z.infer<typeof Query>,
  filter: HistoryQuery,
): Promise<Response> {
  const historyQuery = { ...filter, before, limit };
  const parts = await distinguishNotMember(core, conversation, () =>
    readHistory(core, caller.userId, conversation, historyQuery),
  );
  const whileAllowed = whileSignedIn(core, caller, parts);
  return streamedJson(core, messagesJson(whileAllowed));
}
