import { z } from "zod";
import { Conversation, ConversationList } from "../../../src/surfaces/v1/schemas/conversations.ts";
import {
  ChangesPage,
  Message,
  MessagePage,
  Pins,
  ReadState,
  Receipts,
} from "../../../src/surfaces/v1/schemas/messages/messages.ts";
import { ThreadList, ThreadState } from "../../../src/surfaces/v1/schemas/messages/threads.ts";
import { type Answer, call } from "../../support/clients/api.ts";
import { OPTIONS } from "../../support/clients/model-client.ts";
import { type Draft, type Shown, tipText } from "./history.ts";

export {
  ChangesPage,
  Conversation,
  ConversationList,
  Message,
  MessagePage,
  Pins,
  ReadState,
  Receipts,
  ThreadList,
  ThreadState,
};

const Text = z.object({ text: z.string() });
const Voted = z.object({ votes: z.array(z.int()).optional() });
const Question = z.object({ question: z.string() });
const Pinned = z.object({ event: z.literal("pinned"), actor_id: z.int(), seq: z.int() });
const Empty = z.strictObject({});

/** The model's form of a wire message. A revoked one must be empty. */
export function shown(message: z.infer<typeof Message>): Shown {
  const { seq, sender, revoked, quote, thread, thread_summary, created_at, poll } = message;
  if (revoked) Empty.parse(message.body);
  return {
    seq,
    senderId: sender.id,
    isTip: message.kind === "tip",
    ...{ rev: message.rev, version: message.version, editedAt: message.edited_at ?? null },
    text: revoked ? null : textOf(message),
    ...{ reactions: message.reactions ?? [], mine: message.mine ?? [], votes: votesOf(message) ?? [] },
    ...{ pinnedAt: message.pinned_at, pinnedBy: message.pinned_by ?? null },
    poll: poll ? { counts: poll.counts, voters: poll.voters, closedAt: poll.closed_at } : null,
    quote: quote && { seq: quote.seq, preview: quote.preview },
    thread: thread && { root: thread.root, alsoInMain: thread.also_in_main },
    replies: thread_summary?.count ?? 0,
    createdAt: created_at,
  };
}

/** The reader's own votes; undefined: they were not told. */
export function votesOf(message: z.infer<typeof Message>): number[] | undefined {
  return Voted.parse(message).votes;
}

function textOf({ kind, body }: z.infer<typeof Message>): string {
  if (kind === "poll") return Question.parse(body).question;
  return kind === "tip" ? tipText(Pinned.parse(body).seq) : Text.parse(body).text;
}

/** The system message of a pin: who pinned which message; undefined: it is another message. */
export function pinOf({ kind, body }: z.infer<typeof Message>): { userId: number; pins: number } | undefined {
  if (kind !== "tip") return undefined;
  const { actor_id: userId, seq: pins } = Pinned.parse(body);
  return { userId, pins };
}

/** A draft's fields in a frame or a POST. */
export function wire({ clientMsgId, text, quoteSeq, thread, poll }: Draft) {
  const place = thread && { root: thread.root, also_in_main: thread.alsoInMain };
  const fields = { client_msg_id: clientMsgId, quote_seq: quoteSeq, thread: place };
  if (!poll) return { ...fields, kind: "text", body: { text } };
  return { ...fields, kind: "poll", body: { question: text, options: OPTIONS, ...poll, ends_at: 0 } };
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
