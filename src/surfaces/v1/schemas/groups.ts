import { z } from "@hono/zod-openapi";
import { JoinPolicy, Role } from "../../../domain/conversations/group-kind.ts";
import { ConversationId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { NameCard } from "../../../domain/names/names.ts";
import { textUpTo } from "../../../domain/text.ts";
import { User } from "../accounts/users.ts";
import { pageShape, Time } from "../common.ts";

export const Member = z
  .object({
    user: User,
    role: Role,
    muted_until: Time.openapi({ description: "0: not muted" }),
    name_card: z.string(),
    joined_at: Time,
  })
  .openapi("Member");

export const MemberPage = pageShape(Member).openapi("MemberPage");

export const AddedMembers = z
  .object({
    items: z.array(Member),
    asked: z.array(UserId).optional().openapi({
      description: "Those who get a message request, and are members once they accept it; absent: nobody",
    }),
  })
  .openapi("AddedMembers");

export const NewMembers = z
  .object({ user_ids: z.array(UserId).min(1, "must name somebody").max(LIMITS.groupMembers) })
  .openapi("NewMembers");

/** Absent = unchanged. */
export const MemberChange = z
  .object({
    role: z.enum(["admin", "member"]).optional(),
    muted_for_s: z.int().nonnegative().max(LIMITS.muteSeconds).optional(),
    name_card: NameCard.optional(),
  })
  .openapi("MemberChange");

export const JoinRequestInput = z
  .object({ message: textUpTo(LIMITS.joinRequest).optional() })
  .openapi("JoinRequestInput");
export const JoinResult = z.object({ state: z.enum(["joined", "requested"]) }).openapi("JoinResult");

const Relation = z
  .enum(["none", "requested", "member"])
  .openapi({ description: "What you are to the group; `requested`: you have an open join request" });

export const Group = z
  .object({
    id: ConversationId,
    name: z.string(),
    avatar: z.string(),
    introduction: z.string(),
    member_count: z.int(),
    join_policy: JoinPolicy,
    owner: User.optional(),
    state: Relation,
  })
  .openapi("Group");

export const Successor = z.object({ user_id: UserId }).openapi("Successor");

export const JoinRequest = z
  .object({ id: z.int(), user: User, message: z.string(), created_at: Time })
  .openapi("JoinRequest");

export const JoinRequestPage = pageShape(JoinRequest).openapi("JoinRequestPage");

export const OwnJoinRequests = pageShape(
  z.object({ conversation_id: ConversationId, created_at: Time }).openapi("OwnJoinRequest"),
).openapi("OwnJoinRequests");

export const BanInput = z
  .object({ reason: textUpTo(LIMITS.joinRequest).optional() })
  .openapi("BanInput", { example: { reason: "advertising" } });

export const Ban = z
  .object({ user: User, reason: z.string(), banned_by: UserId, created_at: Time })
  .openapi("Ban");

export const BanPage = pageShape(Ban).openapi("BanPage");

export const Decision = z.object({ action: z.enum(["accept", "reject"]) }).openapi("Decision");
