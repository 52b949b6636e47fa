import { z } from "zod";
import { CoreError, isNotFound } from "../../../domain/errors.ts";
import type { Seq } from "../../../domain/ids.ts";
import { checked } from "../../../http/fields.ts";
import { chat, json, OnChat, seq } from "../schemas.ts";
import { copied, forwarded } from "./messages.ts";
import { type BotCall, chatOf, type Method, read } from "./method.ts";

/** So many messages of one call. */
const MAX = 100;

const messageIds = json(z.array(seq).min(1, "must name a message").max(MAX));
const OnMessages = OnChat.extend({ message_ids: messageIds });
const Copies = OnMessages.extend({ from_chat_id: chat });

/** Deletes those that the bot may delete. As with Telegram, the others are left out. */
const deleteMessages: Method = async (call) => {
  const { chat_id, message_ids } = checked(OnMessages, await read(call));
  const id = await chatOf(call, chat_id);
  for (const one of message_ids)
    await call.core.conversations.revoke(id, { userId: call.bot.id, seq: one }).catch(ifNotTaken);
  return true;
};

/** Sends messages in rising order. Those that are not there, or cannot be sent on, are left out. */
function sendsOn(send: (call: BotCall, to: number, from: number, one: Seq) => Promise<Seq>): Method {
  return async (call) => {
    const { chat_id, from_chat_id, message_ids } = checked(Copies, await read(call));
    const sent: { message_id: Seq }[] = [];
    for (const one of [...new Set(message_ids)].sort((a, b) => a - b)) {
      const message_id = await send(call, chat_id, from_chat_id, one).catch(ifNotTaken);
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
  copyMessages: sendsOn(copied),
  forwardMessages: sendsOn(forwarded),
} satisfies Record<string, Method>;
