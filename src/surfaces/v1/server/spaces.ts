import { z } from "@hono/zod-openapi";
import { getServerSpace } from "../../../core/server/spaces/named-spaces.ts";
import { dissolveServerSpace, putSpace } from "../../../core/server/spaces/put-space.ts";
import { changeSpaceMembers, listServerSpaceMembers } from "../../../core/server/spaces/space-members.ts";
import { ProfileFields } from "../../../domain/accounts/user.ts";
import { CategoryId, ConversationId, SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { readMetadata } from "../../../domain/server/metadata.ts";
import type {
  ServerRole as DomainServerRole,
  ServerSpace as DomainServerSpace,
  ServerSpaceMember as DomainServerSpaceMember,
} from "../../../domain/server/server-space.ts";
import { SpaceRefText } from "../../../domain/server/space-ref.ts";
import { ExternalId } from "../../../domain/server/user-ref.ts";
import { ChannelKind, ChannelVisibility, lookOf } from "../../../domain/spaces/channel.ts";
import { bitsOf, Permission, permissionsIn } from "../../../domain/spaces/permission.ts";
import { RoleColor, RoleId } from "../../../domain/spaces/role.ts";
import { textUpTo } from "../../../domain/text.ts";
import { shownTime } from "../../../lib/stored-time.ts";
import { ListQuery, Metadata, orNull, pageShape, serializePage, Time } from "../common.ts";
import { SlowMode } from "../conversations/conversation.ts";
import { problems } from "../problems.ts";
import { jsonAnswer, jsonBody, serverRoutes } from "../route.ts";
import { v1Router } from "../router.ts";
import { MemberResults, serializeMemberResults, UserRef } from "./conversations.ts";

const SpaceRefParams = z.object({
  sref: SpaceRefText.clone().openapi({
    type: "string",
    example: "ext:team-7",
    description: "The space: its `id`, or `ext:` and your own id of it, percent-encoded",
  }),
});

/** Your own id of a thing. */
const Named = (description: string, example: string) =>
  // The generator would write the flags of the expression into the pattern.
  ExternalId.clone().openapi({ description, pattern: String.raw`^\P{Cc}+$`, example });

const RoleName = Named("Your own id of the role", "trainers");
const ChannelName = Named("Your own id of the channel", "team-7-board");

const CategoryName = Named("Your own id of the category", "sports");

const Name = GroupName;
const Permissions = z.array(Permission).max(Permission.options.length);
const Topic = textUpTo(LIMITS.description);

const Color = orNull(RoleColor).openapi({
  description: "`#rrggbb`; null: none of its own",
  example: "#2f855a",
});

const RoleInput = z
  .object({
    external_id: RoleName.refine((id) => id !== "everyone", "must not be `everyone`"),
    name: Name.optional(),
    color: Color.optional(),
    permissions: Permissions.optional(),
    mentionable: z.boolean().optional(),
    hoist: z.boolean().optional(),
  })
  .openapi("RoleInput", { example: { external_id: "trainers", name: "Trainers", permissions: ["pin"] } });

const ChannelInput = z
  .object({
    external_id: ChannelName,
    name: Name.optional(),
    topic: Topic.optional(),
    channel_kind: ChannelKind.optional(),
    visibility: ChannelVisibility.optional(),
    category: orNull(CategoryName).optional().openapi({
      description: "Your own id of its category; null: none. Of a new channel none if absent",
    }),
    default: z.boolean().optional().openapi({ description: "Who comes into the space follows it" }),
    role_ids: z.array(RoleName).max(LIMITS.roles).optional().openapi({
      description: "Your own ids of roles that read it while it is private. Others that do go on",
    }),
  })
  .openapi("ChannelInput", {
    example: { external_id: "team-7-board", name: "board", visibility: "private", role_ids: ["trainers"] },
  });

const CategoryInput = z
  .object({ external_id: CategoryName, name: Name.optional() })
  .openapi("CategoryInput", { example: { external_id: "sports", name: "Sports" } });

/** A list of things with external ids, each once. */
function listOf<Input extends z.ZodType<{ external_id: string }>>(input: Input, most: number) {
  return z
    .array(input)
    .max(most, `must name at most ${most}`)
    .refine((list) => new Set(list.map((one) => one.external_id)).size === list.length, {
      error: "must name each external id once",
    })
    .default([]);
}

/** Absent = unchanged. */
const SpaceInput = z
  .object({
    name: Name.optional(),
    avatar: ProfileFields.shape.avatar.optional(),
    description: textUpTo(LIMITS.description).optional(),
    discoverable: z.boolean().optional().openapi({
      description: "Whether the directory shows it, where the server has one",
    }),
    metadata: Metadata.optional(),
    slow_mode_s: SlowMode.optional(),
    owner: z
      .lazy(() => UserRef)
      .optional()
      .openapi({ description: "Absent: as it is; of a new space the first of `members`" }),
    everyone: Permissions.optional().openapi({ description: "What every member may do" }),
    roles: listOf(RoleInput, LIMITS.roles).openapi({
      description: "New ones come below those that are there",
    }),
    categories: listOf(CategoryInput, LIMITS.categories).openapi({
      description: "New ones come behind those that are there",
    }),
    channels: listOf(ChannelInput, LIMITS.namedChannels).openapi({
      description: "New ones come behind those that are there",
    }),
    members: z
      .array(z.lazy(() => UserRef))
      .max(LIMITS.serverMembers, `must name at most ${LIMITS.serverMembers} users`)
      .default([])
      .openapi({ description: "Those who are missing are added" }),
  })
  .openapi("SpaceInput", {
    example: { name: "Team 7", owner: "ext:u-1001", channels: [{ external_id: "team-7-all", name: "all" }] },
  });

const ServerRole = z
  .object({
    id: RoleId,
    external_id: Named("Your own id of it, or one of Parley's", "trainers"),
    name: z.string(),
    color: Color,
    position: z.int().openapi({ description: "A higher one is above" }),
    permissions: Permissions,
    mentionable: z.boolean(),
    hoist: z.boolean(),
    member_count: z.int(),
  })
  .openapi("ServerRole");

const ServerCategory = z
  .object({
    id: CategoryId,
    external_id: Named("Your own id of it, or one of Parley's", "sports").nullable(),
    name: z.string(),
  })
  .openapi("ServerCategory");

const ServerChannel = z
  .object({
    id: ConversationId,
    external_id: ChannelName.nullable().openapi({ description: "Your own id of it; null: none" }),
    name: z.string(),
    topic: z.string(),
    channel_kind: ChannelKind,
    visibility: ChannelVisibility,
    category_id: CategoryId.nullable().openapi({ description: "null: none" }),
    default: z.boolean(),
  })
  .openapi("ServerChannel");

export const ServerSpace = z
  .object({
    id: SpaceId,
    external_id: Named("Your own id of it", "team-7").nullable().openapi({ description: "null: none" }),
    name: z.string(),
    avatar: z.string(),
    description: z.string(),
    discoverable: z.boolean(),
    metadata: Metadata,
    slow_mode_s: SlowMode,
    owner_id: UserId,
    member_count: z.int(),
    everyone: Permissions.openapi({ description: "What every member may do" }),
    roles: z.array(ServerRole).openapi({ description: "The highest first, without `everyone`" }),
    categories: z.array(ServerCategory).openapi({ description: "In their order" }),
    channels: z.array(ServerChannel).openapi({ description: "All of them, in their order" }),
    created_at: Time,
    dissolved_at: Time.nullable().openapi({ description: "null: it was not dissolved" }),
  })
  .openapi("ServerSpace", { description: "A space as the team's backend sees it" });

const SpaceMembersInput = z
  .object({
    add: z
      .array(
        z
          .object({
            ref: z.lazy(() => UserRef),
            roles: z
              .array(RoleName)
              .max(LIMITS.roles)
              .optional()
              .openapi({ description: "All roles of the member, by your own ids. Absent: as they are" }),
          })
          .openapi("AddedSpaceMember"),
      )
      .default([]),
    remove: z.array(z.lazy(() => UserRef)).default([]),
  })
  .refine(({ add, remove }) => add.length + remove.length <= LIMITS.serverMembers, {
    error: `must name at most ${LIMITS.serverMembers} users`,
  })
  .openapi("SpaceMembersInput", {
    example: { add: [{ ref: "ext:u-1002", roles: ["trainers"] }], remove: [100_003] },
  });

const ServerSpaceMember = z
  .object({
    id: UserId,
    external_id: Named("Your own id of the user", "u-1001").nullable().openapi({ description: "null: none" }),
    roles: z.array(RoleName).openapi({ description: "Your own ids of the roles, the highest first" }),
    joined_at: Time,
    muted_until: orNull(Time).openapi({ description: "null: the member may write" }),
  })
  .openapi("ServerSpaceMember");

const ServerSpaceMemberPage = pageShape(ServerSpaceMember).openapi("ServerSpaceMemberPage");

const pageRoute = serverRoutes("conversations", "page");

const putRoute = pageRoute("put", "/v1/server/spaces/{sref}", {
  operationId: "putServerSpace",
  summary: "Make or change a space",
  description: `\`ext:\` makes a space if there is none, an \`id\` only changes. What is missing from the body stays as it is, and the same again changes nothing: repeat a call that was cut off. \`ext:\` ids of users that nobody has make users. A new space has the channels that you name, and no other ones. A channel that is to be private is so from its first moment on. \`conflict\`: the space was dissolved, a channel's external id is that of another conversation or of a channel that is over, or there are more than ${LIMITS.roles} roles, ${LIMITS.channels} channels or ${LIMITS.defaultChannels} default ones. A banned user is \`forbidden\`.`,
  request: { params: SpaceRefParams, body: jsonBody(SpaceInput) },
  responses: {
    200: jsonAnswer("The space, changed or as it was", ServerSpace),
    201: jsonAnswer("The space is made", ServerSpace),
    ...problems("forbidden", "not_found", "conflict", "group_full"),
  },
});

const getRoute = pageRoute("get", "/v1/server/spaces/{sref}", {
  operationId: "getServerSpace",
  summary: "A space",
  description: "Dissolved ones, too.",
  request: { params: SpaceRefParams },
  responses: {
    200: jsonAnswer("The space", ServerSpace),
    ...problems("validation_failed", "not_found"),
  },
});

const dissolveRoute = pageRoute("delete", "/v1/server/spaces/{sref}", {
  operationId: "dissolveServerSpace",
  summary: "Dissolve a space with its channels",
  description: "Repeat a call that was cut off.",
  request: { params: SpaceRefParams },
  responses: { 204: { description: "Done" }, ...problems("validation_failed", "not_found") },
});

const listMembersRoute = pageRoute("get", "/v1/server/spaces/{sref}/members", {
  operationId: "listServerSpaceMembers",
  summary: "The members of a space",
  description: "In the order in which they came.",
  request: { params: SpaceRefParams, query: ListQuery },
  responses: {
    200: jsonAnswer("A page", ServerSpaceMemberPage),
    ...problems("validation_failed", "not_found"),
  },
});

const membersRoute = pageRoute("patch", "/v1/server/spaces/{sref}/members", {
  operationId: "changeServerSpaceMembers",
  summary: "Add and remove members of a space",
  description:
    "Up to 500 together, each for itself: one that fails has its `problem`, the others are done. `ext:` ids to add that nobody has make users. `roles` also changes those of a member. Once you have the answer, nobody has a right that it takes.",
  request: { params: SpaceRefParams, body: jsonBody(SpaceMembersInput) },
  responses: {
    200: jsonAnswer("What became of each: those to add first, in the order of the lists", MemberResults),
    ...problems("not_found", "conflict"),
  },
});

export const serverSpaces = v1Router()
  .openapi(putRoute, async (c) => {
    const { roles, categories, channels, everyone, slow_mode_s: slowModeS, ...body } = c.req.valid("json");
    const { space, created } = await putSpace(c.var.core, c.var.key.id, c.req.valid("param").sref, {
      ...body,
      ...{ everyone: everyone && bitsOf(everyone), slowModeS },
      categories: categories.map(({ external_id: externalId, name }) => ({ externalId, name })),
      roles: roles.map(({ external_id: externalId, permissions, ...role }) => ({
        ...{ externalId, permissions: permissions && bitsOf(permissions), ...role },
      })),
      channels: channels.map((channel) => ({
        ...{ externalId: channel.external_id, name: channel.name, topic: channel.topic },
        ...{ kind: channel.channel_kind, visibility: channel.visibility },
        ...{ isDefault: channel.default, roles: channel.role_ids, category: channel.category },
      })),
    });
    return c.json(serializeServerSpace(space), created ? 201 : 200);
  })
  .openapi(getRoute, async (c) => {
    const space = await getServerSpace(c.var.core, c.req.valid("param").sref);
    return c.json(serializeServerSpace(space), 200);
  })
  .openapi(dissolveRoute, async (c) => {
    await dissolveServerSpace(c.var.core, c.var.key.id, c.req.valid("param").sref);
    return c.body(null, 204);
  })
  .openapi(listMembersRoute, async (c) => {
    const { sref } = c.req.valid("param");
    const page = await listServerSpaceMembers(c.var.core, sref, c.req.valid("query"));
    return c.json(serializePage(page, serializeServerSpaceMember), 200);
  })
  .openapi(membersRoute, async (c) => {
    const { add, remove } = c.req.valid("json");
    const { sref } = c.req.valid("param");
    const outcomes = await changeSpaceMembers(c.var.core, c.var.key.id, sref, { add, remove });
    return c.json(serializeMemberResults([...add.map(({ ref }) => ref), ...remove], outcomes), 200);
  });

/** A space as v1 shows it to the team's backend. */
function serializeServerSpace(space: DomainServerSpace): z.infer<typeof ServerSpace> {
  const { id, externalId, name, avatar, description, ownerId, memberCount, everyone, roles, channels } =
    space;
  const { createdAt, dissolvedAt, discoverable, metadata, slowModeS, categories } = space;
  return {
    ...{ id, external_id: externalId, name, avatar, description },
    ...{ discoverable, metadata: readMetadata(metadata), slow_mode_s: slowModeS },
    categories: categories.map((category) => ({
      ...{ id: category.id, external_id: category.externalId, name: category.name },
    })),
    ...{ owner_id: ownerId, member_count: memberCount, everyone: permissionsIn(everyone) },
    roles: roles.map(serializeServerRole),
    channels: channels.map((channel) => {
      const { visibility, kind } = lookOf(channel.overrides);
      return {
        ...{ id: channel.id, external_id: channel.externalId, name: channel.name, topic: channel.topic },
        ...{ channel_kind: kind, visibility, category_id: channel.categoryId, default: channel.isDefault },
      };
    }),
    ...{ created_at: shownTime(createdAt), dissolved_at: dissolvedAt && shownTime(dissolvedAt) },
  };
}

/** A role as v1 shows it to the team's backend. */
export function serializeServerRole(role: DomainServerRole): z.infer<typeof ServerRole> {
  const { id, externalId, name, color, position, permissions, mentionable, hoist, memberCount } = role;
  return {
    ...{ id, external_id: externalId, name, color, position, permissions: permissionsIn(permissions) },
    ...{ mentionable, hoist, member_count: memberCount },
  };
}

/** A member of a space as v1 shows them to the team's backend. */
export function serializeServerSpaceMember(
  member: DomainServerSpaceMember & { roles: ExternalId[] },
): z.infer<typeof ServerSpaceMember> {
  const { userId, externalId, roles, joinedAt, mutedUntil } = member;
  return {
    ...{ id: userId, external_id: externalId, roles, joined_at: joinedAt },
    muted_until: mutedUntil > Date.now() ? mutedUntil : null,
  };
}
