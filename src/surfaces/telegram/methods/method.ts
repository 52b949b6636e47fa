import type { Context } from "hono";
import { z } from "zod";
import type { Core } from "../../../core/context.ts";
import { sendMessage } from "../../../core/messages/messages.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { ConversationId } from "../../../domain/ids.ts";
import type { AnyDraft, Draft, Message } from "../../../domain/messages/message.ts";
import { type Fields, fieldsOf } from "../../../http/fields.ts";
import type { BotEnv } from "../auth.ts";
import { buttonsOf, replyMarkup } from "../keyboard.ts";
import { BODY, SENDING as TO } from "../schemas.ts";
import { serializeMessage } from "../serialize/messages.ts";
import { conversationOf, placeOf } from "../use-cases/chats.ts";

/** A call of a bot. */
export interface BotCall {
  c: Context<BotEnv>;
  core: Core;
  bot: Person;
}

/** A method: takes a call, and gives what its answer has in `result`. */
export type Method = (call: BotCall) => Promise<unknown>;

/** The parameters of a call without a file. @throws `validation_failed`, `too_large` */
export function read({ c }: BotCall): Promise<Fields> {
  return fieldsOf(c.req.raw, BODY);
}

/** The conversation of a chat. @throws `not_found` */
export function chatOf({ core, bot }: BotCall, chat: number): Promise<ConversationId> {
  return conversationOf(core, bot.id, chat);
}

/** A message as the bot is shown it. */
export async function shown({ core, bot }: BotCall, message: Message): Promise<object> {
  return serializeMessage(message, await placeOf(core, bot.id, message.conversationId));
}

/** Sends a message. @returns it as the bot is shown it @throws as `sendMessage` */
export async function sent(call: BotCall, id: ConversationId, draft: AnyDraft): Promise<object> {
  const { message } = await sendMessage(call.core, call.bot.id, id, draft);
  return shown(call, message);
}

/** What every send has. */
export const SENDING = { ...TO, reply_markup: replyMarkup };
const Sending = z.object(SENDING);

/** What every draft of a bot has. */
export const DRAFT: Pick<Draft, "clientMsgId" | "mentions"> = { clientMsgId: undefined, mentions: [] };

/** What stands beside the content of a send: the message that it answers, and the buttons below it. */
export function beside(input: z.infer<typeof Sending>): Pick<Draft, "quoteSeq" | "buttons"> {
  const buttons = buttonsOf(input.reply_markup);
  return {
    quoteSeq: input.reply_parameters?.message_id ?? input.reply_to_message_id,
    ...(buttons && { buttons }),
  };
}

/** Another client of the bot is in the way: 409, by which libraries know it. */
export class Conflict extends Error {
  override readonly name = "Conflict";
}
