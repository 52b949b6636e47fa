import { CoreError, noMentioned, noMessage } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { type DraftReferences, usersMentioned } from "../../domain/messages/message.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Members } from "../members/members.ts";
import type { Threads } from "../threads/threads.ts";

/** What drafts refer to. */
interface Referenced {
  log: MessageLog;
  members: Members;
  threads: Pick<Threads, "refusal">;
  /** who would become a member as they are named; absent: nobody */
  arrivals?: { isNamed(userId: UserId): boolean };
}

/**
 * Checks that a draft quotes a message which its sender sees, answers in a thread that they see, and mentions
 * members, or readers of a channel.
 * @returns undefined if it does; else the refusal, not thrown
 */
export function refusedReference(
  { log, members, threads, arrivals }: Referenced,
  sender: MemberRow,
  { quoteSeq, thread, mentions, alsoMentioned, roleMentions }: DraftReferences,
): CoreError | undefined {
  if (quoteSeq !== undefined && !log.visible(quoteSeq, sender)) return noMessage(quoteSeq);
  const refusal = thread && threads.refusal(thread, sender);
  if (refusal) return refusal;
  const nonMember = usersMentioned({ mentions, alsoMentioned }).find(
    (id) => !(members.findSender(id) || arrivals?.isNamed(id)),
  );
  if (nonMember === undefined) return undefined;
  // Perhaps a role has reached them, and they have left since.
  if (roleMentions)
    return new CoreError("unavailable", "Its readers have changed. Send it again.", { retryAfter: 0 });
  return noMentioned(nonMember);
}
