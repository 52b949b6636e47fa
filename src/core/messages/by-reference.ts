import { isNotFound } from "../../domain/errors.ts";
import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Message, MessageReference } from "../../domain/messages/message.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { forEachConcurrent } from "../../object/concurrency.ts";
import type { Core } from "../context.ts";

/** Conversations that are asked at once. An answer has at most `LIMITS.pageBytes`, and mostly far less. */
const MAX_CONCURRENT = 16;

/**
 * What became of a reference:
 * - the message as the reader sees it now;
 * - `gone`: the reader is in the conversation, and cannot see the message;
 * - `out`: the reader is not in the conversation;
 * - `unreachable`: the conversation did not answer.
 */
export type ReadReference = Message | "gone" | "out" | "unreachable";

/** The answer of one conversation. `left`: what it had no room for. */
interface Answer {
  messages: Map<Seq, Message>;
  left: Set<Seq>;
}

/**
 * Reads messages of several conversations as the caller sees them now: one call of each conversation.
 * @returns what became of the first of these references, in order, of one at least: as many as fit in the
 *   bytes of a page and in the time of `acrossConversations.budgetMs`
 */
export async function readReferences(
  core: Core,
  caller: UserId,
  references: readonly MessageReference[],
): Promise<ReadReference[]> {
  const { callTimeoutMs, budgetMs } = core.timing.acrossConversations;
  const until = Date.now() + budgetMs;
  const answers = new Map<ConversationId, Answer | "out" | "unreachable">();
  let bytes = 0;
  const groups = [...Map.groupBy(references, ({ conversationId }) => conversationId)];
  await forEachConcurrent(MAX_CONCURRENT, groups, async ([id, asked]) => {
    if (answers.size > 0 && (bytes > LIMITS.pageBytes || Date.now() > until)) return;
    try {
      const seqs = asked.map(({ seq }) => seq);
      const call = core.conversations.visibleMessages(id, { userId: caller, seqs });
      const { items, left } = await withDeadline(call, callTimeoutMs);
      bytes += items.reduce((sum, { body }) => sum + body.length, 0);
      const messages = new Map(items.map((message) => [message.seq, message]));
      answers.set(id, { messages, left: new Set(left) });
    } catch (error) {
      if (!isNotFound(error))
        log("warn", "conversation_unreachable", { conversationId: id, ...errorFields(error) });
      answers.set(id, isNotFound(error) ? "out" : "unreachable");
    }
  });
  return firstRead(references, answers);
}

/** The references that were read, up to the first one that was left, within the bytes of a page. */
function firstRead(
  references: readonly MessageReference[],
  answers: Map<ConversationId, Answer | "out" | "unreachable">,
): ReadReference[] {
  const read: ReadReference[] = [];
  let bytes = 0;
  for (const { conversationId, seq } of references) {
    const answer = answers.get(conversationId);
    if (answer === undefined) return read;
    if (typeof answer === "string") {
      read.push(answer);
      continue;
    }
    const message = answer.messages.get(seq);
    bytes += message?.body.length ?? 0;
    if (answer.left.has(seq) || (bytes > LIMITS.pageBytes && read.length > 0)) return read;
    read.push(message ?? "gone");
  }
  return read;
}
