import { mayMentionAll } from "../../domain/conversations/group-policies.ts";
import { CoreError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Mentions } from "../../domain/messages/message.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Members } from "../members/members.ts";
import type { ConversationState } from "../state/conversation-state.ts";

/**
 * Why a member may not mention everybody, by a message or an edit: in a group of many the owner and the
 * admins may.
 * @returns undefined if they may, or mention others; else `forbidden`, not thrown
 */
export function checkMentions(
  { profile }: Pick<ConversationState, "profile">,
  members: Pick<Members, "activeCount">,
  sender: MemberRow,
  mentions: Mentions,
): CoreError | undefined {
  if (mentions !== "all" || mayMentionAll(sender.role, members.activeCount)) return undefined;
  const detail = `Only the owner and the admins may mention all of more than ${LIMITS.openMentionAll} members.`;
  const { policy } = profile;
  return new CoreError("forbidden", detail, { refusal: "rank", policy, deniedBy: "mention_all" });
}
