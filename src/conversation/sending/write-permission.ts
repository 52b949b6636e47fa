import { CoreError } from "../../domain/errors.ts";
import { shownTime } from "../../lib/stored-time.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Members } from "../members/members.ts";
import type { ConversationState } from "../state/conversation-state.ts";

/**
 * Checks from memory whether a member may write now. The send queue calls it in the turn that gives a message
 * its seq, so no send overtakes a mute or a block.
 * @returns undefined if the member may write; else `muted`, `blocked` or `forbidden`, not thrown
 */
export function checkWritePermission(
  { profile, directPermission }: Pick<ConversationState, "profile" | "directPermission">,
  members: Members,
  sender: MemberRow,
): CoreError | undefined {
  if (sender.muted_until > Date.now()) {
    const remainingS = Math.ceil((sender.muted_until - Date.now()) / 1_000);
    return new CoreError("muted", `You are muted in this group for ${remainingS} more seconds.`, {
      mutedUntil: shownTime(sender.muted_until),
    });
  }
  if (profile.muteAll && sender.role === "member") {
    const detail = "Only the owner and the admins may write in this group now.";
    return new CoreError("muted", detail, { deniedBy: "may_write" });
  }
  if (profile.kind !== "direct") return undefined;
  if (members.activeCount < 2) {
    return new CoreError("forbidden", "The other one does not exist any more: nobody can write here.");
  }
  if (directPermission.blocked) {
    return new CoreError("blocked", "One of you has blocked the other: nobody can write here.");
  }
  if (directPermission.friendsOnly && !directPermission.friends) {
    return new CoreError("forbidden", "Only friends may write here: ask for friendship first.");
  }
  return undefined;
}
