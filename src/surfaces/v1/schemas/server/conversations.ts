import { z } from "@hono/zod-openapi";
import { ProfileFields } from "../../../../domain/accounts/user.ts";
import { ConversationKind } from "../../../../domain/conversations/conversation.ts";
import { JoinPolicy } from "../../../../domain/conversations/group-kind.ts";
import { ConversationId, UserId } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import { GroupName } from "../../../../domain/names/names.ts";
import { ConversationRefText } from "../../../../domain/server/conversation-ref.ts";
import { ExternalId as External, UserRefJson } from "../../../../domain/server/user-ref.ts";
import { ListQuery, Metadata, pageShape, Time } from "../../common.ts";
import { History, LinkPreviews, MayLeave, SlowMode } from "../../conversations/conversation.ts";
import { Problem } from "../../problems.ts";

/** A conversation in a path. */
const ConversationRefParam = ConversationRefText.clone().openapi({
  type: "string",
  example: "ext:course-7",
  description: "The conversation: its `id`, or `ext:` and your own id of it, percent-encoded",
});

export const ConversationRefParams = z.object({ cref: ConversationRefParam });

const ExternalId = External.clone().openapi({
  description: "Your own id of the conversation",
  // The generator would write the flags of the expression into the pattern.
  pattern: String.raw`^\P{Cc}+$`,
  example: "course-7",
});

/** A user in a body. */
export const UserRef = UserRefJson.clone().openapi("UserRef", {
  type: ["integer", "string"],
  description: "A user: the `id`, or `ext:` and your own id of them",
  example: "ext:u-1001",
});

const MemberRefs = z
  .array(z.lazy(() => UserRef))
  .max(LIMITS.serverMembers, `must name at most ${LIMITS.serverMembers} users`);

const RetentionDays = z
  .int()
  .min(0, "must be 0 or more days")
  .max(LIMITS.retentionDays, `must be at most ${LIMITS.retentionDays} days`)
  .nullable()
  .openapi({
    description:
      "Messages are gone so many days after they were sent, or up to a day later. null: as the setting `RETENTION_DAYS` says; 0: never",
    example: 90,
  });

const LegalHold = z.boolean().openapi({
  description: "Nothing expires meanwhile. Members may still revoke and edit, and accounts may be erased",
});

/** What conversations of both kinds have. */
const Common = {
  retention_days: RetentionDays.optional(),
  legal_hold: LegalHold.optional(),
  link_previews: LinkPreviews.optional(),
};

const DirectInput = z
  .object({
    kind: z.literal("direct"),
    members: z
      .array(z.lazy(() => UserRef))
      .length(2, "must name the two users")
      .optional()
      .openapi({
        description: "The two users. With your own id, their conversation is made, or gets that id",
      }),
    ...Common,
  })
  .openapi("DirectInput", {
    description: "Makes or changes the direct conversation of two users",
    example: { kind: "direct", members: ["ext:u-1001", "ext:u-1002"] },
  });

const GroupInput = z
  .object({
    kind: z.literal("group"),
    name: GroupName.optional(),
    avatar: ProfileFields.shape.avatar.optional(),
    owner: z
      .lazy(() => UserRef)
      .optional()
      .openapi({ description: "Absent: as it is; in a new group the first of `members`" }),
    members: MemberRefs.default([]).openapi({ description: "Those who are missing are added" }),
    metadata: Metadata.optional(),
    history: History.optional(),
    join_policy: JoinPolicy.optional().openapi({ description: "Of a new group: `closed`" }),
    leave: MayLeave.optional(),
    slow_mode_s: SlowMode.optional(),
    ...Common,
  })
  .openapi("GroupInput", {
    example: {
      kind: "group",
      name: "Course 7",
      owner: "ext:u-1001",
      members: ["ext:u-1002"],
      history: "all",
    },
  });

/** A conversation as a backend wants it. `kind` selects the fields. */
export const ConversationInput = z
  .discriminatedUnion("kind", [GroupInput, DirectInput])
  .openapi("ConversationInput");

export const ServerConversation = z
  .object({
    id: ConversationId,
    external_id: ExternalId.nullable().openapi({
      description: "Your own id of the conversation; null: none",
    }),
    kind: ConversationKind,
    name: z.string(),
    avatar: z.string(),
    introduction: z.string(),
    announcement: z.string(),
    owner_id: UserId.nullable().openapi({ description: "null: a direct conversation" }),
    member_count: z.int().nonnegative(),
    join_policy: JoinPolicy,
    metadata: Metadata,
    history: History,
    leave: MayLeave,
    slow_mode_s: SlowMode,
    retention_days: RetentionDays,
    legal_hold: LegalHold,
    link_previews: LinkPreviews,
    created_at: Time,
    dissolved_at: Time.nullable().openapi({ description: "When the group was dissolved; null: it is not" }),
  })
  .openapi("ServerConversation", { description: "A conversation as the team's backend sees it" });

export const ServerConversationsQuery = z.object({
  ...ListQuery.shape,
  external_id: ExternalId.optional().openapi({ description: "Only the conversation with this id of yours" }),
});

export const ServerConversationPage = pageShape(ServerConversation).openapi("ServerConversationPage");

const NewRole = z.enum(["admin", "member"]);

export const MembersInput = z
  .object({
    add: z
      .array(
        z
          .object({
            ref: z.lazy(() => UserRef),
            role: NewRole.optional().openapi({ description: "Absent: as it is; at first `member`" }),
          })
          .openapi("AddedMember"),
      )
      .default([]),
    remove: z.array(z.lazy(() => UserRef)).default([]),
  })
  .refine(({ add, remove }) => add.length + remove.length <= LIMITS.serverMembers, {
    error: `must name at most ${LIMITS.serverMembers} users`,
  })
  .openapi("MembersInput", { example: { add: [{ ref: "ext:u-1002", role: "admin" }], remove: [100_003] } });

export const MemberResults = z
  .object({
    items: z.array(
      z
        .object({
          ref: z.union([z.int(), z.string()]).openapi({ description: "As you named the user" }),
          id: UserId.nullable().openapi({ description: "null: there is no such user" }),
          result: z.enum(["added", "changed", "removed", "unchanged", "failed"]),
          problem: z
            .lazy(() => Problem)
            .optional()
            .openapi({ description: "With `failed`: why" }),
        })
        .openapi("MemberResult"),
    ),
  })
  .openapi("MemberResults");
