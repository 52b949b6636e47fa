import { z } from "zod";
import { Conversation, ConversationList } from "../../../src/surfaces/v1/schemas/conversations.ts";
import {
  Message,
  MessagePage,
  ReadState,
  Receipts,
} from "../../../src/surfaces/v1/schemas/messages/messages.ts";
import { ThreadList, ThreadState } from "../../../src/surfaces/v1/schemas/messages/threads.ts";
import { type Answer, call } from "../../support/clients/api.ts";
import type { Draft, Shown } from "./history.ts";

export { Conversation, ConversationList, Message, MessagePage, ReadState, Receipts, ThreadList, ThreadState };

const Text = z.object({ text: z.string() });
const Empty = z.strictObject({});

/** The model's form of a wire message. A revoked one must be empty. */
export function shown(message: z.infer<typeof Message>): Shown {
  const { seq, sender, revoked, body, quote, thread, thread_summary, created_at } = message;
  if (revoked) Empty.parse(body);
  return {
    seq,
    senderId: sender.id,
    text: revoked ? null : Text.parse(body).text,
    quote: quote && { seq: quote.seq, preview: quote.preview },
    thread: thread && { root: thread.root, alsoInMain: thread.also_in_main },
    replies: thread_summary?.count ?? 0,
    createdAt: created_at,
  };
}

/** A draft's fields in a frame or a POST. */
export function wire({ clientMsgId, text, quoteSeq, thread }: Draft) {
  const place = thread && { root: thread.root, also_in_main: thread.alsoInMain };
  return { client_msg_id: clientMsgId, kind: "text", body: { text }, quote_seq: quoteSeq, thread: place };
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
