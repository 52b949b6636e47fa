import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Kind } from "../../../domain/messages/content.ts";
import { makerIn } from "../../../domain/messages/draft.ts";
import type { Message, Quote } from "../../../domain/messages/message.ts";
import { seconds } from "../context.ts";
import { wireMessageID } from "../ids.ts";
import { SUMMARIES } from "./summary.ts";

/** The numbers of kinds of messages in the custom data of the UI kits. */
const TYPES: Record<Kind, number> = {
  ...{ text: 1, custom: 2, image: 3, audio: 4, video: 5, file: 6, location: 7, face: 8, tip: 9, merged: 10 },
};

/** The id that the sender's client gave a message, if it is one of this API. */
export function clientIDOf({ sender, clientMsgId }: Pick<Message, "sender" | "clientMsgId">) {
  if (clientMsgId === undefined || makerIn(clientMsgId) !== sender.username) return {};
  return { clientID: clientMsgId };
}

type Quoting = Pick<Message, "conversationId" | "quote" | "customData">;

/**
 * What a message quotes, as the SDK says it; without a quote nothing. `msgID`: the ID that apps know the
 * quoted message by, `messageID` the server's.
 */
export function quoteInfoOf({ conversationId, quote }: Quoting) {
  if (!quote) return {};
  const messageID = wireMessageID(conversationId, quote.seq);
  const { clientID: msgID = messageID }: { clientID?: string } = clientIDOf(quote);
  const [messageTime, messageSequence] = [seconds(quote.createdAt), quote.seq];
  return { quoteInfo: { msgID, messageID, messageTime, messageSequence } };
}

const Replying = z.looseObject({ messageReply: z.unknown().optional() });

/**
 * The custom data of a message. What it quotes is added as the UI kits have it there, unless its sender's
 * client has said it so, or has data of another form.
 */
export function customDataOf(message: Quoting): string {
  const { customData = "", quote } = message;
  if (!quote) return customData;
  const own = customData === "" ? { messageReply: undefined } : objectIn(customData);
  if (!own || own.messageReply !== undefined) return customData;
  return JSON.stringify({ ...own, messageReply: replyOf(message, quote) });
}

/** The custom data that a client gives a message, without what `customDataOf` has added. */
export function ownCustomData(message: Quoting, customData: string): string {
  const { quote } = message;
  const given = quote && objectIn(customData);
  if (!given || !isDeepStrictEqual(given.messageReply, replyOf(message, quote))) return customData;
  const { messageReply: _, ...own } = given;
  return Object.keys(own).length === 0 ? "" : JSON.stringify(own);
}

function replyOf(message: Quoting, quote: Quote) {
  const { quoteInfo } = quoteInfoOf({ ...message, quote });
  const { sender, kind, preview } = quote;
  return {
    messageAbstract: kind === "text" || kind === "merged" ? preview : SUMMARIES[kind],
    messageSender: sender.nickname || sender.username,
    messageID: quoteInfo?.msgID,
    ...{
      messageType: TYPES[kind],
      messageTime: quoteInfo?.messageTime,
      messageSequence: quote.seq,
      version: 1,
    },
  };
}

function objectIn(text: string): z.infer<typeof Replying> | undefined {
  try {
    return Replying.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
