import type { Context } from "hono";
import { z } from "zod";
import { namedUsers } from "../../../core/accounts/users.ts";
import type { Core } from "../../../core/context.ts";
import { sendMessage } from "../../../core/messages/messages.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import { isNotFound } from "../../../domain/errors.ts";
import type { ConversationId, Seq, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { Draft, Message } from "../../../domain/messages/message.ts";
import { type Fields, fieldsOf } from "../../../http/fields.ts";
import type { BotEnv } from "../auth.ts";
import { badRequest } from "../errors.ts";
import { buttonsOf, replyMarkup } from "../keyboard.ts";
import { BODY, SENDING as TO } from "../schemas.ts";
import { serializeMessage } from "../serialize/messages.ts";
import type { Meant } from "../text/meant.ts";
import { conversationOf, placeShowing } from "../use-cases/chats.ts";

/** A call of a bot. */
export interface BotCall {
  c: Context<BotEnv>;
  core: Core;
  bot: Person;
  /** the conversation that was looked for last; absent: none was */
  place?: { id: ConversationId; isGroup: boolean };
}

/** A method: takes a call, and gives what its answer has in `result`. */
export type Method = (call: BotCall) => Promise<unknown>;

/** The parameters of a call without a file. @throws `validation_failed`, `too_large` */
export function read({ c }: BotCall): Promise<Fields> {
  return fieldsOf(c.req.raw, BODY);
}

/** The conversation of a chat. @throws `not_found` */
export async function chatOf(call: BotCall, chat: number): Promise<ConversationId> {
  const { core, bot } = call;
  const id = await conversationOf(core, bot.id, chat);
  call.place = { id, isGroup: chat < 0 };
  return id;
}

/** The same of a group. @throws `validation_failed` for a private chat */
export function groupOf(call: BotCall, chat: number): Promise<ConversationId> {
  if (chat > 0) throw badRequest("method is available for supergroup chats only");
  return chatOf(call, chat);
}

/** A message as the bot is shown it. */
export async function shown({ core, bot }: BotCall, message: Message): Promise<object> {
  return serializeMessage(message, await placeShowing(core, bot.id, message));
}

/** What every send has. */
export const SENDING = { ...TO, reply_markup: replyMarkup };
const Sending = z.object(SENDING);

type Sending = z.infer<typeof Sending>;

/** What every draft of a bot has. */
export const DRAFT: Pick<Draft, "clientMsgId" | "mentions"> = { clientMsgId: undefined, mentions: [] };

const NO_ANSWERED = "message to be replied not found";

/** What a message says, without what stands beside it. */
export interface Said extends Pick<Draft, "kind" | "body" | "poll"> {
  /** whom its text means; absent: nobody */
  meant?: Meant | undefined;
}

/**
 * Sends what a message says to a chat, with the message that it answers and the buttons below it.
 * @returns it as the bot is shown it
 * @throws as `sendMessage`
 */
export async function sent(call: BotCall, input: Sending, said: Said): Promise<object> {
  return shown(call, await stored(call, input, said));
}

/** The same. @returns the message */
export async function stored(call: BotCall, input: Sending, { meant, ...said }: Said): Promise<Message> {
  const id = await chatOf(call, input.chat_id);
  const buttons = buttonsOf(input.reply_markup);
  const mentions = meant ? await mentioned(call, id, meant) : [];
  const thread = threadOf(input);
  const draft = { ...DRAFT, ...(buttons && { buttons }), ...thread, ...said, mentions };
  const { quoteSeq, isOptional } = answered(input);
  try {
    const { message } = await sendMessage(call.core, call.bot.id, id, { ...draft, quoteSeq });
    return message;
  } catch (error) {
    if (!isLost(error)) throw error;
    await requireThread(call, id, input);
    if (quoteSeq === undefined) throw error;
    if (!isOptional) throw badRequest(NO_ANSWERED);
    const { message } = await sendMessage(call.core, call.bot.id, id, { ...draft, quoteSeq: undefined });
    return message;
  }
}

/** Whether a message is not there to which a send refers. */
export function isLost(error: unknown): boolean {
  return isNotFound(error) && error.data?.missing === "message";
}

/** @throws in Telegram's words where the message to which the thread of a send belongs is not there */
export async function requireThread(
  { core, bot }: BotCall,
  id: ConversationId,
  { message_thread_id: root }: Pick<Sending, "message_thread_id">,
): Promise<void> {
  if (root === undefined) return;
  await core.conversations.message(id, { userId: bot.id, seq: root }).catch((error: unknown) => {
    throw isLost(error) ? badRequest("message thread not found") : error;
  });
}

/**
 * The thread of a send: in the main stream, too, as what bots hear of threads is. So they hear each other,
 * and an answer stands where the question does.
 */
export function threadOf({ message_thread_id: root }: Pick<Sending, "message_thread_id">) {
  return root === undefined ? undefined : { thread: { root, alsoInMain: true } };
}

/** Those whom a text mentions: of a group. In a private chat the other one is told anyway. */
export async function mentioned(call: BotCall, id: ConversationId, meant: Meant): Promise<UserId[]> {
  return call.place?.isGroup ? mentionsIn(call.core, call.bot.id, id, meant) : [];
}

/** The message that a send answers, and whether it is sent without, too, if that one is not there. */
function answered(input: Sending): { quoteSeq: Seq | undefined; isOptional: boolean } {
  const { reply_parameters: reply, reply_to_message_id: older, allow_sending_without_reply } = input;
  const { message_id: quoteSeq = older, chat_id = input.chat_id } = reply ?? {};
  const isOptional = reply?.allow_sending_without_reply ?? allow_sending_without_reply ?? false;
  if (quoteSeq === undefined || chat_id === input.chat_id) return { quoteSeq, isOptional };
  // A quote of another chat is not shown here.
  if (!isOptional) throw badRequest(NO_ANSWERED);
  return { quoteSeq: undefined, isOptional };
}

/** A refusal that libraries know by its code. 409: another client of the bot asks. 403: the bot is out. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: 403 | 409;

  constructor(code: 403 | 409, reason: string) {
    super(`${code === 403 ? "Forbidden" : "Conflict"}: ${reason}`);
    this.code = code;
  }
}

/** Those of the users whom a text means who are in its group. Without any nobody is asked. */
async function mentionsIn(
  core: Core,
  bot: UserId,
  id: ConversationId,
  { ids, names }: Meant,
): Promise<UserId[]> {
  const named = names.length === 0 ? [] : await namedUsers(core, bot, names.slice(0, LIMITS.mentions));
  const targetIds = [...new Set([...ids, ...named.map((user) => user.id)])].slice(0, LIMITS.mentions);
  if (targetIds.length === 0) return [];
  const members = await core.conversations.membersByIds(id, { userId: bot, targetIds });
  return members.map(({ userId }) => userId);
}
