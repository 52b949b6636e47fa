import { z } from "zod";
import { sendMessage } from "../../../core/messages/messages.ts";
import { CoreError, isNotFound } from "../../../domain/errors.ts";
import type { ConversationId, Seq } from "../../../domain/ids.ts";
import { bodyJson, Content, StoredBody } from "../../../domain/messages/content.ts";
import type { MessageEdit } from "../../../domain/messages/edit.ts";
import type { Message } from "../../../domain/messages/message.ts";
import { PollBody, pollText } from "../../../domain/messages/polls.ts";
import { ReactionKey } from "../../../domain/messages/reactions.ts";
import { checked, integer } from "../../../http/fields.ts";
import { badRequest } from "../errors.ts";
import { buttonsOf, replyMarkup } from "../keyboard.ts";
import { inWords } from "../refusals.ts";
import {
  CAPTION,
  chat,
  entities,
  flag,
  json,
  OnChat,
  OnMessage,
  orNone,
  parseMode,
  seq,
} from "../schemas.ts";
import { serializePoll } from "../serialize/messages.ts";
import { readMessageText, readText } from "../text/read.ts";
import {
  type BotCall,
  chatOf,
  DRAFT,
  isLost,
  type Method,
  mentioned,
  read,
  requireThread,
  SENDING,
  sent,
  shown,
  stored,
  threadOf,
} from "./method.ts";

const NewText = z.object({ ...SENDING, text: z.string(), parse_mode: parseMode, entities });

const sendText: Method = async (call) => {
  const input = checked(NewText, await read(call));
  const { text, meant } = readMessageText(input.text, input.parse_mode, input.entities);
  return sent(call, input, { ...contentOf({ kind: "text", body: { text } }), meant });
};

/** The kind and the body of a draft. @throws `validation_failed` for what no message may have */
export function contentOf(given: unknown) {
  const content = checked(Content, given);
  return { kind: content.kind, body: bodyJson(content) };
}

const Place = z.object({
  ...SENDING,
  ...{ latitude: z.coerce.number(), longitude: z.coerce.number() },
});

const sendLocation: Method = async (call) => {
  const { latitude, longitude, ...input } = checked(Place, await read(call));
  return sent(call, input, contentOf({ kind: "location", body: { latitude, longitude } }));
};

const Option = z.union([z.string(), z.object({ text: z.string() }).transform(({ text }) => text)]);
const NewPoll = z.object({
  ...SENDING,
  question: z.string(),
  options: json(z.array(Option)),
  is_anonymous: orNone(flag),
  allows_multiple_answers: orNone(flag),
  type: orNone(z.literal("regular", "must be regular: there are no quizzes here")),
  open_period: orNone(integer.pipe(z.int().positive())),
  close_date: orNone(integer.pipe(z.int().positive())),
});

const sendPoll: Method = async (call) => {
  const input = checked(NewPoll, await read(call));
  const { question, options, is_anonymous = true, allows_multiple_answers = false } = input;
  const { open_period, close_date } = input;
  const ends = open_period === undefined ? (close_date ?? 0) * 1_000 : Date.now() + open_period * 1_000;
  const poll = checked(PollBody, {
    ...{ question, options, multiple: allows_multiple_answers, anonymous: is_anonymous, ends_at: ends },
  });
  const text = pollText(poll);
  return sent(call, input, { kind: text.kind, body: bodyJson(text), poll });
};

const stopPoll: Method = async (call) => {
  const { chat_id, message_id } = checked(OnMessage, await read(call));
  const id = await chatOf(call, chat_id);
  const message = await inWords("stop", () =>
    call.core.conversations.closePoll(id, { userId: call.bot.id, seq: message_id }),
  );
  return serializePoll(message, message.poll ?? {});
};

const Marked = OnMessage.extend({ reply_markup: replyMarkup });
const Edited = Marked.extend({ text: z.string(), parse_mode: parseMode, entities });

const editText: Method = async (call) => {
  const input = checked(Edited, await read(call));
  const { text, meant } = readMessageText(input.text, input.parse_mode, input.entities);
  const { body } = contentOf({ kind: "text", body: { text } });
  const mentions = await mentioned(call, await chatOf(call, input.chat_id), meant);
  return edited(call, input, () => ({ body, mentions, buttons: buttonsOf(input.reply_markup) }));
};

const EditedCaption = Marked.extend(CAPTION);

const editCaption: Method = async (call) => editCaptionOf(call, checked(EditedCaption, await read(call)));

/** Changes the caption of a file. @param isOf whether the file may be this one; absent: any */
export async function editCaptionOf(
  call: BotCall,
  input: z.infer<typeof EditedCaption>,
  isOf?: (url: string) => boolean,
): Promise<object> {
  const { text: caption, meant } = readText(input.caption ?? "", input.parse_mode, input.caption_entities);
  const mentions = await mentioned(call, await chatOf(call, input.chat_id), meant);
  return edited(call, input, (before) => {
    const { caption: _, ...kept } = StoredBody.parse(JSON.parse(before.body));
    if (isOf && !isOf(String(kept.url))) throw badRequest("message can't be edited");
    const body = JSON.stringify({ ...kept, ...(caption !== "" && { caption }) });
    return { body, mentions, buttons: buttonsOf(input.reply_markup) };
  });
}

/** Changes the buttons alone. */
const editReplyMarkup: Method = async (call) => {
  const input = checked(Marked, await read(call));
  return edited(call, input, () => ({ buttons: buttonsOf(input.reply_markup) }));
};

type Change = (before: Message) => Omit<MessageEdit, "baseVersion">;

/** The tries of an edit that another one gets ahead of. */
const MAX_TRIES = 3;

/**
 * Edits a message of the bot, whatever it says now: this API knows no versions.
 * @throws `validation_failed` for an edit that changes nothing; as `editMessage`
 */
async function edited(
  call: BotCall,
  { chat_id, message_id }: z.infer<typeof OnMessage>,
  change: Change,
): Promise<object> {
  const id = await chatOf(call, chat_id);
  return shown(call, await inWords("edit", () => editedNow(call, id, message_id, change)));
}

async function editedNow(
  call: BotCall,
  id: ConversationId,
  message_id: Seq,
  change: Change,
): Promise<Message> {
  const { conversations } = call.core;
  const address = { userId: call.bot.id, seq: message_id };
  let before = await conversations.message(id, address);
  for (let tries = 1; ; tries++) {
    const edit = { ...address, ...change(before), baseVersion: before.version };
    const { type, message } = await conversations.editMessage(id, edit);
    if (type === "unchanged") throw notModified();
    if (type === "edited") return message;
    if (tries === MAX_TRIES) throw badRequest("the message is being edited by another call");
    before = message;
  }
}

/** In the words by which libraries know it. */
function notModified() {
  return badRequest(
    "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
  );
}

const deleteMessage: Method = async (call) => {
  const { chat_id, message_id } = checked(OnMessage, await read(call));
  const id = await chatOf(call, chat_id);
  const { core, bot } = call;
  await inWords("delete", () => core.conversations.revoke(id, { userId: bot.id, seq: message_id }));
  return true;
};

const Copied = z.object({ ...SENDING, from_chat_id: chat, message_id: seq });

/** Which message goes where. */
type Route = Pick<z.infer<typeof Copied>, "chat_id" | "from_chat_id" | "message_id" | "message_thread_id">;

const forwardMessage: Method = async (call) => {
  return shown(call, await forwarded(call, checked(Copied, await read(call))));
};

async function forwarded(call: BotCall, input: Route): Promise<Message> {
  const conversationId = await chatOf(call, input.from_chat_id);
  const id = await chatOf(call, input.chat_id);
  const copy = { type: "forward" as const, source: { conversationId, seq: input.message_id } };
  const draft = { ...DRAFT, ...threadOf(input), quoteSeq: undefined, copy };
  return inWords("forward", async () => {
    try {
      return (await sendMessage(call.core, call.bot.id, id, draft)).message;
    } catch (error) {
      if (isLost(error)) await requireThread(call, id, input);
      throw error;
    }
  });
}

const CopiedWithCaption = Copied.extend(CAPTION);
type CopiedWithCaption = z.infer<typeof CopiedWithCaption>;

/** Sends what a message says as a message of the bot. */
const copyMessage: Method = async (call) => ({
  message_id: await copyOf(call, checked(CopiedWithCaption, await read(call))),
});

async function copyOf(call: BotCall, input: Route & Partial<CopiedWithCaption>): Promise<Seq> {
  const { core, bot } = call;
  const from = await chatOf(call, input.from_chat_id);
  const original = await inWords("copy", () =>
    core.conversations.message(from, { userId: bot.id, seq: input.message_id }),
  );
  const { kind, poll } = original;
  if (original.revoked || kind === "tip" || kind === "merged") throw badRequest("message can't be copied");
  const body = StoredBody.parse(JSON.parse(original.body));
  const caption = input.caption && readText(input.caption, input.parse_mode, input.caption_entities);
  const content = contentOf({ kind, body: { ...body, ...(caption && { caption: caption.text }) } });
  const said = { ...content, poll: poll?.body, meant: caption ? caption.meant : undefined };
  return (await stored(call, input, said)).seq;
}

const sendChatAction: Method = async (call) => {
  const input = checked(OnChat.extend({ action: z.string().max(64) }), await read(call));
  const id = await chatOf(call, input.chat_id);
  // What is uploaded or recorded is not told here: people see that the bot writes.
  await call.core.conversations.typing(id, { userId: call.bot.id });
  return true;
};

const Emoji = z.object({ type: z.literal("emoji", "must be emoji"), emoji: ReactionKey });
const Reacted = OnMessage.extend({ reaction: orNone(json(z.array(Emoji).max(20))) });

/** Replaces the bot's reactions to a message. */
const setMessageReaction: Method = async (call) => {
  const input = checked(Reacted, await read(call));
  const id = await chatOf(call, input.chat_id);
  const { core, bot } = call;
  const address = { userId: bot.id, seq: input.message_id };
  const { conversations } = core;
  await inWords("react", async () => {
    const { mine = [] } = await conversations.message(id, address);
    const wanted = new Set((input.reaction ?? []).map(({ emoji }) => emoji));
    for (const key of mine) if (!wanted.has(key)) await conversations.unreact(id, { ...address, key });
    for (const key of wanted) if (!mine.includes(key)) await conversations.react(id, { ...address, key });
  });
  return true;
};

const Drafted = OnChat.extend({
  draft_id: integer.pipe(z.int()),
  ...{ text: orNone(z.string()), parse_mode: parseMode, entities },
});

/** Shows a text that grows, until a message of the bot comes. */
const sendMessageDraft: Method = async (call) => {
  const input = checked(Drafted, await read(call));
  if (input.draft_id === 0) throw badRequest("draft_id must be non-zero");
  const { text } = readText(input.text ?? "", input.parse_mode, input.entities);
  if (text !== "") contentOf({ kind: "text", body: { text } });
  const id = await chatOf(call, input.chat_id);
  const { conversations } = call.core;
  const userId = call.bot.id;
  // Without a text the bot is at work.
  if (text === "") await conversations.typing(id, { userId });
  else await conversations.showStream(id, { userId, stream: `draft-${input.draft_id}`, text });
  return true;
};

/** The methods that send and change messages. */
export const MESSAGES = {
  sendMessage: sendText,
  ...{ sendLocation, sendPoll, stopPoll, editMessageText: editText, editMessageCaption: editCaption },
  editMessageReplyMarkup: editReplyMarkup,
  ...{ deleteMessage, forwardMessage, copyMessage, sendChatAction, setMessageReaction, sendMessageDraft },
} satisfies Record<string, Method>;

/** So many messages of one call. */
const MAX = 100;

const messageIds = json(z.array(seq).min(1, "must name a message").max(MAX));
const OnMessages = OnChat.extend({ message_ids: messageIds });
const Copies = OnMessages.extend({
  from_chat_id: chat,
  message_thread_id: SENDING.message_thread_id,
});

/** Deletes those that the bot may delete. As with Telegram, the others are left out. */
const deleteMessages: Method = async (call) => {
  const { chat_id, message_ids } = checked(OnMessages, await read(call));
  const id = await chatOf(call, chat_id);
  for (const one of message_ids)
    await call.core.conversations.revoke(id, { userId: call.bot.id, seq: one }).catch(ifNotTaken);
  return true;
};

/** Sends messages in rising order. Those that are not there, or cannot be sent on, are left out. */
function sendsOn(send: (call: BotCall, route: Route) => Promise<Seq>): Method {
  return async (call) => {
    const { message_ids, ...places } = checked(Copies, await read(call));
    // A lost thread is no flaw of a message, which would be left out.
    if (places.message_thread_id !== undefined)
      await requireThread(call, await chatOf(call, places.chat_id), places);
    const sent: { message_id: Seq }[] = [];
    for (const one of [...new Set(message_ids)].sort((a, b) => a - b)) {
      const message_id = await send(call, { ...places, message_id: one }).catch(ifNotTaken);
      if (message_id) sent.push({ message_id });
    }
    return sent;
  };
}

/** @throws what is wrong with the whole call */
function ifNotTaken(error: unknown): null {
  const isOfMessage = error instanceof CoreError && error.code === "validation_failed";
  const isGone = isNotFound(error) && error.data?.missing === "message";
  const isRefused = error instanceof CoreError && (error.code === "forbidden" || error.code === "too_late");
  if (isOfMessage || isGone || isRefused) return null;
  throw error;
}

/** The methods that take many messages at once. */
export const BATCHES = {
  deleteMessages,
  copyMessages: sendsOn(copyOf),
  forwardMessages: sendsOn(async (call, route) => (await forwarded(call, route)).seq),
} satisfies Record<string, Method>;
