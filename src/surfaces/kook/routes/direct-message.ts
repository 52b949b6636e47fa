import { type Context, Hono } from "hono";
import { botOf } from "../../../core/bots/known-bots.ts";
import { storedMedium } from "../../../core/files/stored-media.ts";
import { listReactors } from "../../../core/messages/marks.ts";
import { sendMessage } from "../../../core/messages/messages.ts";
import { CoreError, invalid, noMessage } from "../../../domain/errors.ts";
import { Position } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { Draft, Message } from "../../../domain/messages/message.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { fileOfUrl } from "../../../http/file-url.ts";
import { authenticated } from "../auth.ts";
import { bodyOf, MEDIA_TYPES, TYPE, written, writtenType } from "../content.ts";
import { succeed } from "../envelope.ts";
import {
  BODY,
  ChangedMessage,
  MessageListing,
  NewMessage,
  NewReaction,
  OldReaction,
  OnMessage,
  Reactors,
} from "../schemas.ts";
import { isShown, messageId, serializeMessage } from "../serialize/messages.ts";
import { serializeUser } from "../serialize/users.ts";
import { conversationAt, editLatest } from "../use-cases/messages.ts";

/** 私信聊天消息: the messages of direct conversations. */
export const directMessage = new Hono<CallerEnv>({ strict: false });

/** Some libraries read with POST and a body. */
const EITHER = ["GET", "POST"];

type Call = Context<CallerEnv>;

directMessage.on(EITHER, "/list", authenticated, weighs("page"), listMessages);
directMessage.on(EITHER, "/view", authenticated, weighs("page"), viewMessage);
directMessage.post("/create", authenticated, createMessage);
directMessage.post("/update", authenticated, updateMessage);
directMessage.post("/delete", authenticated, deleteMessage);

/** 获取私信聊天消息某回应的用户列表: the users who have reacted, as a bare array. */
directMessage.on(EITHER, "/reaction-list", authenticated, weighs("page"), async (c) => {
  const { msg_id, emoji } = checked(Reactors, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const message = await core.conversations.message(msg_id.id, { userId: caller.userId, seq: msg_id.seq });
  const keys = (message.reactions ?? []).map(({ key }) => key);
  const wanted = emoji === undefined ? keys : keys.filter((key) => key === emoji);
  const pages = await Promise.all(
    wanted.map((key) =>
      listReactors(core, caller.userId, msg_id.id, { seq: msg_id.seq, key }, { limit: LIMITS.page }),
    ),
  );
  const users = pages.flatMap(({ items }) => items);
  return succeed(
    c,
    users.map(({ user, createdAt }) => ({
      ...serializeUser(user, user.online),
      reaction_time: createdAt,
    })),
  );
});

/** 给某个消息添加回应. Idempotent. */
directMessage.post("/add-reaction", authenticated, async (c) => {
  const { msg_id, emoji } = checked(NewReaction, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  await core.conversations.react(msg_id.id, { userId: caller.userId, seq: msg_id.seq, key: emoji });
  return succeed(c, {});
});

/** 删除消息的某个回应: one of the caller's own. Idempotent. */
directMessage.post("/delete-reaction", authenticated, async (c) => {
  const { msg_id, emoji, user_id } = checked(OldReaction, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  if (user_id !== undefined && user_id !== caller.userId)
    throw new CoreError("forbidden", "user_id: you take back your own reactions alone");
  await core.conversations.unreact(msg_id.id, { userId: caller.userId, seq: msg_id.seq, key: emoji });
  return succeed(c, {});
});

/** 获取私信聊天消息列表: the newest messages, or those around one, in rising order. */
export async function listMessages(c: Call): Promise<Response> {
  const {
    address,
    msg_id,
    flag = "before",
    pageSize,
  } = checked(MessageListing, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const id = await conversationAt(core, caller.userId, address);
  const { userId } = caller;
  const { conversations } = core;
  const { context, items: newest } = await conversations.pageWithContext(id, { userId, limit: pageSize });
  if (msg_id === undefined) return succeed(c, page(newest));
  if (msg_id.id !== id) throw noMessage(msg_id.seq);
  const at = Position.parse(msg_id.seq);
  const before = async (limit: number) =>
    limit === 0 ? [] : (await conversations.page(id, { userId, before: at, limit })).items;
  const after = async (limit: number) =>
    limit === 0 ? [] : (await conversations.page(id, { userId, after: at, limit })).items;
  if (flag === "before") return succeed(c, page(await before(pageSize)));
  if (flag === "after") return succeed(c, page(await after(pageSize)));
  const half = Math.floor((pageSize - 1) / 2);
  const [earlier, message, later] = await Promise.all([
    before(half),
    conversations.message(id, { userId, seq: msg_id.seq }),
    after(pageSize - 1 - half),
  ]);
  return succeed(c, page([...earlier, message, ...later]));

  function page(items: Message[]) {
    return { items: items.filter(isShown).map((message) => serializeMessage(message, context)) };
  }
}

/** 获取私信聊天消息详情: one message by its id. */
export async function viewMessage(c: Call): Promise<Response> {
  const { msg_id } = checked(OnMessage, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const { id, seq } = msg_id;
  const { userId } = caller;
  const [message, { context }] = await Promise.all([
    core.conversations.message(id, { userId, seq }),
    core.conversations.pageWithContext(id, { userId, limit: 1 }),
  ]);
  if (context.kind !== "direct" || !isShown(message)) throw noMessage(seq);
  return succeed(c, serializeMessage(message, context));
}

/** 发送私信聊天消息. A user is written to whether or not there is a conversation yet. */
export async function createMessage(c: Call): Promise<Response> {
  const { address, type, content, quote, nonce } = checked(NewMessage, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  const said = await contentOf(c, type, content);
  const id = await conversationAt(core, caller.userId, address, true);
  if (quote !== undefined && quote.id !== id) throw noMessage(quote.seq);
  const draft: Draft = { clientMsgId: undefined, mentions: [], quoteSeq: quote?.seq, ...said };
  const { message } = await sendMessage(core, caller.userId, id, draft);
  return succeed(c, {
    ...{ msg_id: messageId(id, message.seq), msg_timestamp: message.createdAt, nonce },
  });
}

/** 更新私信聊天消息: one of the caller's own, which keeps its type. */
export async function updateMessage(c: Call): Promise<Response> {
  const { msg_id, content } = checked(ChangedMessage, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  await editLatest(core, caller.userId, msg_id, (before) => {
    const type = writtenType(before);
    if (type === null) throw invalid("msg_id", "must be a message with a text or a card");
    const { body, buttons } = written(type, content);
    // Buttons are a bot's.
    return { body, ...(buttons !== undefined && before.sender.bot && { buttons }) };
  });
  return succeed(c, {});
}

/** 删除私信聊天消息: one of the caller's own, for both. Idempotent. */
export async function deleteMessage(c: Call): Promise<Response> {
  const { msg_id } = checked(OnMessage, await fieldsOf(c.req.raw, BODY));
  const { core, caller } = c.var;
  await core.conversations.revoke(msg_id.id, { userId: caller.userId, seq: msg_id.seq });
  return succeed(c, {});
}

/** What a message says. @throws `validation_failed`, `not_found` for a file that is not there */
async function contentOf(
  { var: { core, caller } }: Call,
  type: 1 | 2 | 3 | 4 | 8 | 9 | 10,
  content: string,
): Promise<Pick<Draft, "kind" | "body" | "customData" | "buttons">> {
  if (type === TYPE.text || type === TYPE.kmarkdown || type === TYPE.card) {
    const { buttons, ...said } = written(type, content);
    // Those of a person's card are shown nowhere.
    return buttons && (await botOf(core, caller.userId)) ? { ...said, buttons } : said;
  }
  const kind = kindOf(type);
  const { key } = fileOfUrl(content);
  const isOurs = key !== null && core.fileOrigins.toStored(content) !== content;
  const medium = isOurs ? await storedMedium(core, kind, key) : { url: content };
  return { kind, body: bodyOf({ kind, body: medium }) };
}

function kindOf(type: 2 | 3 | 4 | 8): keyof typeof MEDIA_TYPES {
  if (type === MEDIA_TYPES.image) return "image";
  if (type === MEDIA_TYPES.video) return "video";
  return type === MEDIA_TYPES.file ? "file" : "audio";
}
