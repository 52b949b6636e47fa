import { type Context, Hono } from "hono";
import { z } from "zod";
import { botOf } from "../../core/bots/known-bots.ts";
import { storedMedium } from "../../core/files/stored-media.ts";
import { listReactors } from "../../core/messages/marks.ts";
import { sendMessage } from "../../core/messages/messages.ts";
import type { Person } from "../../domain/accounts/person.ts";
import type { BotPlace } from "../../domain/bots/bot-update.ts";
import { CoreError, invalid, noMessage } from "../../domain/errors.ts";
import { type ConversationId, Position, type Seq, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { readTip } from "../../domain/messages/content.ts";
import type { Draft, Message } from "../../domain/messages/message.ts";
import type { ConversationContext } from "../../domain/sync/message-context.ts";
import { weighs } from "../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../http/env.ts";
import { checked, fieldsOf } from "../../http/fields.ts";
import { fileOfUrl } from "../../http/file-url.ts";
import { authenticated } from "./auth.ts";
import { escaped, unescaped } from "./cards.ts";
import { bodyOf, cardOf, kmarkdownOf, MEDIA_TYPES, TYPE, written, writtenType } from "./content.ts";
import { succeed } from "./envelope.ts";
import {
  BODY,
  ChangedMessage,
  MessageListing,
  NewMessage,
  NewReaction,
  OldReaction,
  OnMessage,
  Reactors,
} from "./schemas.ts";
import { conversationAt, editLatest } from "./use-cases/messages.ts";
import { serializeUser } from "./users.ts";

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

const TextBody = z.object({ text: z.string() });
const Texts = z.object({ description: z.string().optional(), title: z.string().optional() });
const LocationBody = z.object({
  latitude: z.number(),
  longitude: z.number(),
  address: z.string().optional(),
});
const MediaBody = z.object({
  url: z.string(),
  name: z.string().default(""),
  size: z.int().default(0),
  content_type: z.string().default(""),
  width: z.int().optional(),
  height: z.int().optional(),
  duration_ms: z.int().optional(),
  caption: z.string().optional(),
});

/** What a message says, as this API writes it. */
interface Shown {
  type: number;
  content: string;
  /** the text without marks */
  raw: string;
  attachments?: object;
}

/** The id of a message: it names the conversation too, as some calls have nothing else. */
export function messageId(id: ConversationId, seq: Seq): string {
  return `${id}-${seq}`;
}

/** Whether a message is one for this API: system messages are not, unless a backend says something. */
export function isShown({ kind, body, revoked }: Message): boolean {
  return !revoked && (kind !== "tip" || "notice" in readTip(body));
}

/**
 * What a message says. A text of people is KMarkdown with its signs escaped, as KOOK sends what people type.
 * @param self the reader: their own texts are the plain texts that they have sent
 */
export function shown(message: Message, self: UserId): Shown {
  const { kind, body, sender } = message;
  const kmarkdown = kmarkdownOf(message);
  if (kmarkdown !== null) return { type: TYPE.kmarkdown, content: kmarkdown, raw: unescaped(kmarkdown) };
  const stored: unknown = JSON.parse(body);
  switch (kind) {
    case "text": {
      const { text } = TextBody.parse(stored);
      return sender.id === self ? { type: TYPE.text, content: text, raw: text } : asKMarkdown(text);
    }
    case "image":
    case "audio":
    case "video":
    case "file":
      return mediumOf(kind, MediaBody.parse(stored));
    case "location": {
      const { latitude, longitude, address } = LocationBody.parse(stored);
      return asKMarkdown(`${address ? `${address} ` : ""}(${latitude}, ${longitude})`);
    }
    case "tip": {
      const tip = readTip(body);
      return asKMarkdown("notice" in tip ? tip.notice.text : "");
    }
    case "custom": {
      const card = cardOf(body);
      if (card !== null)
        return { type: TYPE.card, content: card, raw: Texts.parse(stored).description ?? "" };
      return asKMarkdown(Texts.parse(stored).description || kind);
    }
    case "merged":
    case "face":
      return asKMarkdown(Texts.parse(stored).title || kind);
  }
}

function asKMarkdown(text: string): Shown {
  return { type: TYPE.kmarkdown, content: escaped(text), raw: text };
}

function mediumOf(kind: keyof typeof MEDIA_TYPES, body: z.infer<typeof MediaBody>): Shown {
  const { url, name, size, content_type, width, height, duration_ms, caption } = body;
  const attachments = {
    ...{ type: kind, url, name, file_type: content_type, size },
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(duration_ms !== undefined && { duration: duration_ms / 1_000 }),
    // KOOK has no captions: it would be lost.
    ...(caption !== undefined && { caption }),
  };
  return { type: MEDIA_TYPES[kind], content: url, raw: caption ?? "", attachments };
}

/** What KMarkdown names besides its text. Here it names nothing. */
export function kmarkdownParts(raw: string) {
  return { raw_content: raw, mention_part: [], mention_role_part: [], channel_part: [] };
}

/** The message that another one answers; absent: none. */
export function quoteOf({ conversationId, quote }: Message, place: Pick<BotPlace, "self" | "peer">) {
  if (!quote) return {};
  const { seq, senderId, preview, createdAt } = quote;
  const id = messageId(conversationId, seq);
  const author = serializeUser(personOf(senderId, place));
  const about = { type: TYPE.kmarkdown, content: escaped(preview), create_at: createdAt, author };
  return { quote: { id, rong_id: id, ...about } };
}

/** The user with an id: of a direct conversation both are known. */
function personOf(id: UserId, { self, peer }: Pick<BotPlace, "self" | "peer">): Person {
  if (id === self.id) return self;
  return peer && id === peer.id ? peer : { id, username: "", nickname: "", avatar: "" };
}

/** A message in a list, or alone. */
function serializeMessage(message: Message, context: ConversationContext) {
  const { conversationId, seq, sender, createdAt, editedAt = 0, reactions = [], mine = [] } = message;
  const { self, peerRead } = context;
  const { type, content, raw, attachments } = shown(message, self.id);
  // What the caller is shown here is read by them.
  const isRead = sender.id !== self.id || (peerRead?.readSeq ?? 0) >= seq;
  return {
    ...{ id: messageId(conversationId, seq), type, content, author_id: String(sender.id) },
    ...{ author: serializeUser(sender), embeds: [], attachments: attachments ?? [] },
    reactions: reactions.map(({ key, count }) => ({
      emoji: { id: key, name: key },
      ...{ count, me: mine.some((own) => own === key) },
    })),
    ...{ quote: null, ...quoteOf(message, context) },
    ...{ read_status: isRead, create_at: createdAt, updated_at: editedAt, image_name: "" },
    mention_info: { mention_part: [], mention_role_part: [], channel_part: [] },
    ...(type === TYPE.kmarkdown && { kmarkdown: kmarkdownParts(raw) }),
  };
}
