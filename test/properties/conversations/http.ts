import { z } from "zod";
import { Conversation, ConversationList } from "../../../src/surfaces/v1/schemas/conversations.ts";
import { Message, MessagePage, ReadState, Receipts } from "../../../src/surfaces/v1/schemas/messages.ts";
import { type Answer, call } from "../../support/clients/api.ts";
import type { Draft, Shown } from "./history.ts";

export { Conversation, ConversationList, Message, MessagePage, ReadState, Receipts };

const Text = z.object({ text: z.string() });
const Empty = z.strictObject({});

/** The model's form of a wire message. A revoked one must be empty. */
export function shown(message: z.infer<typeof Message>): Shown {
  const { seq, sender, revoked, body, quote, created_at } = message;
  if (revoked) Empty.parse(body);
  return {
    seq,
    senderId: sender.id,
    text: revoked ? null : Text.parse(body).text,
    quote: quote && { seq: quote.seq, preview: quote.preview },
    createdAt: created_at,
  };
}

/** A draft's fields in a frame or a POST. */
export function wire({ clientMsgId, text, quoteSeq }: Draft) {
  return { client_msg_id: clientMsgId, kind: "text", body: { text }, quote_seq: quoteSeq };
}

/** A call that must succeed. */
export async function ask<T>(
  schema: z.ZodType<T>,
  path: string,
  token: string,
  method = "GET",
  body?: unknown,
): Promise<T> {
  const answer = await call(method, path, { token, body });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${told(answer)}`);
  return schema.parse(answer.body);
}

/** An answer as text, for messages of failures. */
export function told({ status, body }: Answer): string {
  return `${status} ${JSON.stringify(body)}`;
}
