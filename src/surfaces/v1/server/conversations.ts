import { z } from "@hono/zod-openapi";
import {
  changeMembers,
  getServerConversation,
  listConversations,
  type NamedOutcome,
  putDirect,
  putGroup,
} from "../../../core/server/server-conversations.ts";
import { ProfileFields } from "../../../domain/accounts/user.ts";
import { ConversationKind } from "../../../domain/conversations/conversation.ts";
import { JoinPolicy } from "../../../domain/conversations/group-kind.ts";
import { isAudienceRoom, showsHistory } from "../../../domain/conversations/group-policies.ts";
import { ConversationId, SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { ConversationRefText } from "../../../domain/server/conversation-ref.ts";
import { readMetadata } from "../../../domain/server/metadata.ts";
import type { ServerConversation as DomainServerConversation } from "../../../domain/server/server-conversation.ts";
import {
  type UserRef as DomainUserRef,
  ExternalId as External,
  UserRefJson,
} from "../../../domain/server/user-ref.ts";
import { shownTime } from "../../../lib/stored-time.ts";
import { ListQuery, Metadata, pageShape, serializePage, Time } from "../common.ts";
import {
  Audience,
  History,
  IsAudienceRoom,
  LinkPreviews,
  MayLeave,
  MayWrite,
  readMayWrite,
  SlowMode,
  shownMayWrite,
} from "../conversations/conversation.ts";
import { Problem, problemBody, problems } from "../problems.ts";
import { jsonAnswer, jsonBody, serverRoutes } from "../route.ts";
import { v1Router } from "../router.ts";

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
    may_write: MayWrite.optional(),
    audience: Audience.optional(),
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
const ConversationInput = z
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
    space_id: SpaceId.nullable().openapi({ description: "The space of which it is a channel; null: none" }),
    owner_id: UserId.nullable().openapi({ description: "null: a direct conversation" }),
    member_count: z.int().nonnegative(),
    join_policy: JoinPolicy,
    metadata: Metadata,
    history: History,
    leave: MayLeave,
    slow_mode_s: SlowMode,
    may_write: MayWrite,
    audience: IsAudienceRoom.optional(),
    retention_days: RetentionDays,
    legal_hold: LegalHold,
    link_previews: LinkPreviews,
    created_at: Time,
    dissolved_at: Time.nullable().openapi({ description: "When the group was dissolved; null: it is not" }),
  })
  .openapi("ServerConversation", { description: "A conversation as the team's backend sees it" });

const ServerConversationsQuery = z.object({
  ...ListQuery.shape,
  external_id: ExternalId.optional().openapi({ description: "Only the conversation with this id of yours" }),
});

const ServerConversationPage = pageShape(ServerConversation).openapi("ServerConversationPage");

const NewRole = z.enum(["admin", "member"]);

const MembersInput = z
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

const lightRoute = serverRoutes("conversations");
const pageRoute = serverRoutes("conversations", "page");

const putRoute = pageRoute("put", "/v1/server/conversations/{cref}", {
  operationId: "putServerConversation",
  summary: "Make or change a conversation",
  description:
    "`ext:` makes a group if there is none, an `id` only changes. Only given fields change, who is missing of `members` is added, and the same again changes nothing. `ext:` ids of users that nobody has make users. The group is changed in the name of its owner. `kind` `direct` with `members` makes the direct conversation of two users, or gives yours the id that you name: `conflict` if it has another one, or the id is that of others. Of a direct conversation and of a dissolved group `retention_days`, `legal_hold` and `link_previews` alone change: anything else is a 400, or a `conflict`. A banned user is `forbidden`.",
  request: { params: ConversationRefParams, body: jsonBody(ConversationInput) },
  responses: {
    200: jsonAnswer("The conversation, changed or as it was", ServerConversation),
    201: jsonAnswer("The conversation is made", ServerConversation),
    ...problems("forbidden", "not_found", "conflict", "group_full", "full"),
  },
});

const membersRoute = pageRoute("patch", "/v1/server/conversations/{cref}/members", {
  operationId: "changeServerMembers",
  summary: "Add and remove members",
  description:
    "Up to 500 together, each for itself: one that fails has its `problem`, the others are done. `ext:` ids to add that nobody has make users. A `role` also changes that of a member.",
  request: { params: ConversationRefParams, body: jsonBody(MembersInput) },
  responses: {
    200: jsonAnswer("What became of each: those to add first, in the order of the lists", MemberResults),
    ...problems("not_found", "conflict", "full"),
  },
});

const getRoute = lightRoute("get", "/v1/server/conversations/{cref}", {
  operationId: "getServerConversation",
  summary: "A conversation",
  description: "Any: direct conversations and dissolved groups too.",
  request: { params: ConversationRefParams },
  responses: {
    200: jsonAnswer("The conversation", ServerConversation),
    ...problems("validation_failed", "not_found"),
  },
});

const listRoute = pageRoute("get", "/v1/server/conversations", {
  operationId: "listServerConversations",
  summary: "All conversations",
  description: "In the order of their ids, direct conversations and dissolved groups too.",
  request: { query: ServerConversationsQuery },
  responses: {
    200: jsonAnswer("A page of conversations", ServerConversationPage),
    ...problems("validation_failed"),
  },
});

export const serverConversations = v1Router()
  .openapi(listRoute, async (c) => {
    const { external_id: externalId, ...page } = c.req.valid("query");
    const found = await listConversations(c.var.core, { ...page, externalId });
    return c.json(serializePage(found, serializeServerConversation), 200);
  })
  .openapi(getRoute, async (c) => {
    const conversation = await getServerConversation(c.var.core, c.req.valid("param").cref);
    return c.json(serializeServerConversation(conversation), 200);
  })
  .openapi(putRoute, async (c) => {
    const { cref } = c.req.valid("param");
    const body = c.req.valid("json");
    const { retention_days: retentionDays, legal_hold: legalHold, link_previews: linkPreviews } = body;
    const common = { retentionDays, legalHold, linkPreviews };
    if (body.kind === "direct") {
      const direct = { members: body.members, ...common };
      const { conversation, created } = await putDirect(c.var.core, c.var.key.id, cref, direct);
      return c.json(serializeServerConversation(conversation), created ? 201 : 200);
    }
    const {
      join_policy: joinPolicy,
      history,
      leave: mayLeave,
      slow_mode_s: slowModeS,
      may_write: mayWrite,
      audience,
      name,
      avatar,
      owner,
      members,
      metadata,
    } = body;
    const { conversation, created } = await putGroup(c.var.core, c.var.key.id, cref, {
      ...{ name, avatar, owner, members, metadata, joinPolicy, mayLeave, slowModeS, audience, ...common },
      ...(history !== undefined && { history: history === "all" }),
      ...readMayWrite(mayWrite),
    });
    return c.json(serializeServerConversation(conversation), created ? 201 : 200);
  })
  .openapi(membersRoute, async (c) => {
    const { add, remove } = c.req.valid("json");
    const { cref } = c.req.valid("param");
    const outcomes = await changeMembers(c.var.core, c.var.key.id, cref, { add, remove });
    return c.json(serializeMemberResults([...add.map(({ ref }) => ref), ...remove], outcomes), 200);
  });

/** A conversation as v1 shows it to the team's backend. */
function serializeServerConversation({
  id,
  externalId,
  profile,
  memberCount,
  dissolvedAt,
}: DomainServerConversation): z.infer<typeof ServerConversation> {
  const { kind, name, avatar, introduction, announcement, ownerId, joinPolicy, createdAt } = profile;
  return {
    ...{ id, external_id: externalId, kind, name, avatar, introduction, announcement },
    space_id: profile.spaceId,
    ...{ owner_id: ownerId, member_count: memberCount, join_policy: joinPolicy },
    metadata: readMetadata(profile.metadata),
    history: kind === "direct" || showsHistory(profile) ? "all" : "joined",
    ...{ leave: profile.mayLeave, slow_mode_s: profile.slowModeS },
    may_write: shownMayWrite(profile),
    ...(isAudienceRoom(profile) && { audience: true as const }),
    ...{ retention_days: profile.retentionDays, legal_hold: profile.legalHold },
    link_previews: profile.linkPreviews,
    ...{ created_at: shownTime(createdAt), dissolved_at: dissolvedAt && shownTime(dissolvedAt) },
  };
}

/** What became of the users of a list of members, in its order. */
export function serializeMemberResults(
  refs: readonly DomainUserRef[],
  outcomes: readonly NamedOutcome[],
): z.infer<typeof MemberResults> {
  const items = refs.flatMap((ref, i) => {
    const outcome = outcomes[i];
    return outcome ? [serializeMemberResult(ref, outcome)] : [];
  });
  return { items };
}

/** What became of a user of a list of members. */
function serializeMemberResult(
  ref: DomainUserRef,
  outcome: NamedOutcome,
): z.infer<typeof MemberResults>["items"][number] {
  const { userId: id, result } = outcome;
  const shown = { ref: "id" in ref ? ref.id : `ext:${ref.externalId}`, id, result };
  return outcome.result === "failed" ? { ...shown, problem: problemBody(outcome.problem) } : shown;
}
