import { type CoreError, noMentioned, noMessage } from "../../domain/errors.ts";
import type { DraftReferences } from "../../domain/messages/message.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Members } from "../members/members.ts";

/**
 * Checks that a draft quotes a message which its sender sees, and mentions members.
 * @returns undefined if it does; else `not_found`, not thrown
 */
export function refusedReference(
  log: MessageLog,
  members: Members,
  sender: MemberRow,
  { quoteSeq, mentions, alsoMentioned = [] }: DraftReferences,
): CoreError | undefined {
  if (quoteSeq !== undefined && !log.visible(quoteSeq, sender)) return noMessage(quoteSeq);
  const named = mentions === "all" ? alsoMentioned : mentions;
  const nonMember = named.find((id) => !members.findSender(id));
  return nonMember === undefined ? undefined : noMentioned(nonMember);
}
