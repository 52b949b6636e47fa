import { may, POLICIES } from "../../domain/conversations/group-policies.ts";
import { CoreError, invalid } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Draft } from "../../domain/messages/message.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { ConversationState } from "../state/conversation-state.ts";

/**
 * Why a member may not send this draft, if it is a poll: the group's policy, or an end that is over or too
 * far away. A forwarded poll may have ended: it is closed.
 */
export function checkPoll(
  { profile }: Pick<ConversationState, "profile">,
  sender: MemberRow,
  { poll, forwarded }: Pick<Draft, "poll" | "forwarded">,
): CoreError | undefined {
  if (!poll) return undefined;
  if (!may(sender.role, POLICIES[profile.policy].poll))
    return new CoreError("forbidden", "You may not send polls here.");
  if (forwarded || poll.ends_at === 0) return undefined;
  const remainingMs = poll.ends_at - Date.now();
  if (remainingMs <= 0) return invalid("body.body.ends_at", "must be in the future, or 0");
  if (remainingMs > LIMITS.pollMs) return invalid("body.body.ends_at", "must be at most 365 days ahead");
  return undefined;
}
