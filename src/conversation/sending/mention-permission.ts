import { mayMentionAll } from "../../domain/conversations/group-policies.ts";
import { CoreError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Mentions } from "../../domain/messages/message.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomStores } from "../room/context.ts";

/**
 * Why a member may not mention everybody, by a message or an edit: in a group of many the owner and the
 * admins may; in a channel who has the permission.
 * @returns undefined if they may, or mention others; else `forbidden`, not thrown
 */
export function checkMentions(
  { state, members, rights }: Pick<RoomStores, "state" | "members" | "rights">,
  sender: MemberRow,
  mentions: Mentions,
): CoreError | undefined {
  if (mentions !== "all") return undefined;
  const lacks = rights.refusal(sender, "mention_all");
  if (lacks) return lacks;
  if (mayMentionAll("member", members.activeCount) || rights.leads(sender, "mention_all")) return undefined;
  const detail = `Only the owner and the admins may mention all of more than ${LIMITS.openMentionAll} members.`;
  const { policy } = state.profile;
  return new CoreError("forbidden", detail, { refusal: "rank", policy, deniedBy: "mention_all" });
}
