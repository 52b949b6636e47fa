import type { ConversationId, UserId } from "../ids.ts";
import type { Profile } from "./conversation.ts";
import type { JoinPolicy } from "./group-kind.ts";

/** What a user is to a group: a stranger, a user who has asked to join, or a member. */
export type GroupRelation = "none" | "requested" | "member";

/** What a group shows to users who are not in it. */
export interface GroupOutline extends Pick<Profile, "name" | "avatar" | "introduction"> {
  id: ConversationId;
  memberCount: number;
  /** the effective join policy */
  joinPolicy: JoinPolicy;
  ownerId: UserId | null;
  /** what the user who asks is to the group */
  state: GroupRelation;
}
