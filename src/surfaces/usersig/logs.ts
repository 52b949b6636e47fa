import { Hono } from "hono";
import type { Core } from "../../core/context.ts";
import { storeFile } from "../../core/files/files.ts";
import { markDirectRead } from "../../core/messages/messages.ts";
import { allReadable, pageFromNewest } from "../../core/messages/pages.ts";
import { readStatuses } from "../../domain/conversations/read-status.ts";
import { type ConversationId, Position, type UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import { countCost, weighs } from "../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../http/env.ts";
import { checked, fieldsOf, queryFields } from "../../http/fields.ts";
import { readFormUpload } from "../../http/uploads/upload.ts";
import { authenticated } from "./auth.ts";
import { succeed, succeedListed } from "./envelope.ts";
import { BODY, LogListing, Marking } from "./schemas.ts";
import { serializeFile, serializeLog } from "./serialize.ts";
import type { MessageWithReadStatus } from "./use-cases/with-members.ts";

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

/**
 * The messages that the caller can read, the newest first, with their read status. In a group, a result with
 * the newest message marks it as read.
 * @param range the number of messages to skip and to return; null: all, in batches, each read when the
 *   consumer asks for it
 * @returns the messages in batches, and their total number
 * @throws `not_found` unless the caller is a member
 */
async function pagesWithReadStatus(
  core: Core,
  caller: UserId,
  id: ConversationId,
  range: { skip: number; limit: number } | null,
): Promise<{ total: number; parts: AsyncIterable<MessageWithReadStatus[]> }> {
  const [{ profile }, { total, first, remaining }] = await Promise.all([
    core.conversations.describe(id, { userId: caller }),
    range ? onePage(core, caller, id, range) : allReadable(core, caller, id),
  ]);
  const isDirect = profile.kind === "direct";
  const [newest] = first;
  if (newest && !isDirect && (range?.skip ?? 0) === 0)
    await core.conversations.read(id, { userId: caller, seq: Position.parse(newest.seq) });
  const receipts = await core.conversations.receipts(id, { userId: caller });
  const readStatusOf = readStatuses(receipts, caller, { isDirect });
  const withStatus = (messages: Message[]) =>
    messages.map((message) => ({ message, reading: readStatusOf(message) }));
  async function* batches() {
    yield withStatus(first);
    for await (const batch of remaining) yield withStatus(batch);
  }
  return { total, parts: batches() };
}

async function onePage(
  core: Core,
  caller: UserId,
  id: ConversationId,
  range: { skip: number; limit: number },
) {
  const { items, total } = await pageFromNewest(core, caller, id, range);
  return { total, first: items, remaining: noMessages() };
}

async function* noMessages(): AsyncGenerator<Message[]> {}

export const files = new Hono<CallerEnv>({ strict: false });

/** 上传聊天文件 */
files.post("/file/upload-chat-file", authenticated, weighs("page"), async (c) => {
  const { core, caller } = c.var;
  const upload = await readFormUpload(c.req.raw, "file", core.timing.uploads);
  const file = await storeFile(core, caller.userId, upload);
  return succeed(c, { chat_file: serializeFile(file, core.settings.timeZone) });
});
