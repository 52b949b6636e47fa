import { CoreError } from "../../../domain/errors.ts";
import type { ConversationId } from "../../../domain/ids.ts";
import { errorFields, log } from "../../../lib/logger.ts";
import { withDeadline } from "../../../object/calls/deadline.ts";

/**
 * Asks conversations at once, each for `timeoutMs` at most: one that fails or is late does not keep the
 * others from answering.
 * @param unreachable gets the conversations that did not answer
 * @returns the answers in the order of the questions; null for a conversation that did not answer, or in
 *   which the caller is no member
 * @throws `rate_limited` if the caller has asked one of them for too much
 */
export function askEach<Question extends { conversationId: ConversationId }, Answer>(
  questions: Question[],
  unreachable: Set<ConversationId>,
  timeoutMs: number,
  ask: (question: Question) => Promise<Answer>,
): Promise<(Answer | null)[]> {
  return Promise.all(
    questions.map(async (question) => {
      try {
        return await withDeadline(ask(question), timeoutMs);
      } catch (error) {
        if (error instanceof CoreError && error.code === "not_found") return null;
        if (error instanceof CoreError && error.code === "rate_limited") throw error;
        log("warn", "conversation_not_asked", {
          conversation: question.conversationId,
          ...errorFields(error),
        });
        unreachable.add(question.conversationId);
        return null;
      }
    }),
  );
}
