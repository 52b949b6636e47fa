import { CoreError } from "../../domain/errors.ts";
import type { MemberRow, Members } from "../members/members.ts";
import type { ConversationState } from "../state/conversation-state.ts";

/**
 * Why a member may not write here now; undefined if he may. Asked where messages get their order, so that
 * no send overtakes a mute or a block, and answered from memory.
 */
export function checkWritePermission(
  { profile, directFlags }: Pick<ConversationState, "profile" | "directFlags">,
  members: Members,
  sender: MemberRow,
): CoreError | undefined {
  if (sender.muted_until > Date.now()) {
    const left = Math.ceil((sender.muted_until - Date.now()) / 1_000);
    return new CoreError("muted", `You are muted in this group for ${left} more seconds.`, {
      mutedUntil: sender.muted_until,
    });
  }
  if (profile.muteAll && sender.role === "member") {
    return new CoreError("muted", "Only the owner and the admins may write in this group now.");
  }
  if (profile.kind !== "direct") return undefined;
  if (members.activeCount < 2) {
    return new CoreError("forbidden", "The other one does not exist any more: nobody can write here.");
  }
  if (directFlags.blocked) {
    return new CoreError("blocked", "One of you has blocked the other: nobody can write here.");
  }
  if (directFlags.friendsOnly && !directFlags.friends) {
    return new CoreError("forbidden", "Only friends may write here: ask for friendship first.");
  }
  return undefined;
}
