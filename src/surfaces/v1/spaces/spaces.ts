import { z } from "@hono/zod-openapi";
import type { Core } from "../../../core/context.ts";
import { type SpaceUnread, sumUnread } from "../../../core/conversations/unread.ts";
import { joinSpace, searchDirectory } from "../../../core/spaces/directory.ts";
import { transferSpace } from "../../../core/spaces/members.ts";
import {
  createSpace,
  dissolveSpace,
  editSpace,
  getSpace,
  listSpaces,
  type OwnSpace,
} from "../../../core/spaces/spaces.ts";
import { ProfileFields } from "../../../domain/accounts/user.ts";
import { shownMute } from "../../../domain/conversations/archive.ts";
import { ClientSpaceId, ConversationId, SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { readMetadata } from "../../../domain/server/metadata.ts";
import type { InvitedSpace as DomainInvitedSpace } from "../../../domain/spaces/invitation.ts";
import { Permission, permissionsIn } from "../../../domain/spaces/permission.ts";
import { RoleId } from "../../../domain/spaces/role.ts";
import type { Space as DomainSpace } from "../../../domain/spaces/space.ts";
import { textUpTo } from "../../../domain/text.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { User } from "../accounts/users.ts";
import {
  ListQuery,
  MemberText,
  Metadata,
  orNull,
  pageShape,
  SpaceParams,
  serializePage,
  Time,
} from "../common.ts";
import { MutedUntil, SlowMode } from "../conversations/conversation.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";

const Description = textUpTo(LIMITS.description);
const Avatar = ProfileFields.shape.avatar;

const Discoverable = z
  .boolean()
  .openapi({ description: "Whether the directory of the server shows it, and anybody may join it" });

const NewSpace = z
  .object({
    name: GroupName,
    avatar: Avatar.optional(),
    description: Description.optional(),
    discoverable: Discoverable.optional(),
    metadata: Metadata.optional(),
    client_space_id: ClientSpaceId.optional().openapi({
      description: "A repeated call with it gives the space of the first one",
    }),
  })
  .openapi("NewSpace", { example: { name: "Garden club", client_space_id: "5f0c" } });

/** Absent = unchanged. */
const SpaceChange = z
  .object({
    name: GroupName.optional(),
    avatar: Avatar.optional(),
    description: Description.optional(),
    discoverable: Discoverable.optional(),
    metadata: Metadata.optional(),
    slow_mode_s: SlowMode.optional(),
  })
  .openapi("SpaceChange");

export const Space = z
  .object({
    id: SpaceId,
    name: z.string(),
    avatar: z.string(),
    description: z.string(),
    discoverable: Discoverable,
    owner_id: UserId,
    member_count: z.int(),
    permissions: z.array(Permission).openapi({ description: "What you may do in it" }),
    role_ids: z.array(RoleId).openapi({ description: "Your roles, without `everyone`" }),
    metadata: Metadata,
    slow_mode_s: SlowMode.clone().openapi({
      description: "Of each channel whose own one is 0, as there",
      example: 30,
    }),
    muted_until: MutedUntil.clone().openapi({
      description: "Until when you have muted it, as of conversations",
    }),
    unread_count: z
      .int()
      .openapi({ description: "Unread messages in the channels that you follow and have not muted" }),
    mention_count: z.int().openapi({ description: "Unread mentions of you, or of all, in them" }),
    created_at: Time,
  })
  .openapi("Space");

export const InvitedSpace = z
  .object({
    space: Space.pick({ id: true, name: true, avatar: true, description: true, member_count: true }),
    state: z.enum(["none", "member"]).openapi({ description: "What you are to the space" }),
    expires_at: Time.openapi({ description: "When the invitation ends" }),
    inviter: User.pick({ username: true, nickname: true, avatar: true })
      .nullable()
      .openapi({ description: "Who made the invitation; null: the account is deleted" }),
  })
  .openapi("InvitedSpace");

export const JoinedSpace = z
  .object({
    space: Space,
    channel_id: orNull(ConversationId).openapi({
      description: "The channel that you follow now; null: the space has none",
    }),
  })
  .openapi("JoinedSpace");

const SpacePage = pageShape(Space).openapi("SpacePage");

/** What is of one member. */
const OWN = {
  permissions: true,
  role_ids: true,
  muted_until: true,
  unread_count: true,
  mention_count: true,
} as const;

const ListedSpacePage = pageShape(
  Space.omit({ ...OWN, metadata: true, slow_mode_s: true }).openapi("ListedSpace"),
).openapi("ListedSpacePage");

const pageRoute = callerRoutes("Spaces", weighs("page"));

const createRoute = pageRoute("post", "/v1/spaces", {
  operationId: "createSpace",
  summary: "Make a space",
  description:
    "You own it. It begins with the channel `general`, a conversation that every member can read and write.",
  request: { body: jsonBody(NewSpace) },
  responses: {
    200: jsonAnswer("The space that was made with this `client_space_id`", Space),
    201: jsonAnswer("The space", Space),
    ...problems("forbidden", "refused", "conflict", "quota"),
  },
});

const listRoute = pageRoute("get", "/v1/spaces", {
  operationId: "listSpaces",
  summary: "The spaces that you are in",
  description:
    "In your order (`PUT /v1/spaces/order`); those that you have not put into it come first, the newest before.",
  request: { query: ListQuery },
  responses: { 200: jsonAnswer("A page", SpacePage), ...problems("validation_failed") },
});

const getRoute = pageRoute("get", "/v1/spaces/{id}", {
  operationId: "getSpace",
  summary: "A space",
  description: "For its members. For others there is none.",
  request: { params: SpaceParams },
  responses: { 200: jsonAnswer("The space", Space), ...problems("validation_failed", "not_found") },
});

const changeRoute = pageRoute("patch", "/v1/spaces/{id}", {
  operationId: "changeSpace",
  summary: "Change a space",
  description: "Wants the permission `manage_space`.",
  request: { params: SpaceParams, body: jsonBody(SpaceChange) },
  responses: {
    200: jsonAnswer("The space", Space),
    ...problems("forbidden", "refused", "not_found"),
  },
});

const ownerRoute = pageRoute("post", "/v1/spaces/{id}/owner", {
  operationId: "transferSpace",
  summary: "Hand over a space",
  description: "For its owner, who keeps the rights of their roles. Another member owns it then.",
  request: {
    params: SpaceParams,
    body: jsonBody(z.object({ user_id: UserId }).openapi("NewSpaceOwner")),
  },
  responses: {
    200: jsonAnswer("The space, as you see it now", Space),
    ...problems("forbidden", "not_found"),
  },
});

const directoryRoute = pageRoute("get", "/v1/spaces/directory", {
  operationId: "searchSpaceDirectory",
  summary: "Spaces that anybody may join",
  description:
    "Those that are `discoverable`, the newest first. A search may give fewer than `limit`, even none, and a `next_cursor`. `not_found` where the server has no directory.",
  request: {
    query: ListQuery.extend({
      q: MemberText.optional().openapi({
        description: "Only those whose name or description contains it, as people read it",
        example: "garden",
      }),
    }),
  },
  responses: { 200: jsonAnswer("A page", ListedSpacePage), ...problems("validation_failed", "not_found") },
});

const joinRoute = pageRoute("post", "/v1/spaces/{id}/join", {
  operationId: "joinSpace",
  summary: "Come into a space of the directory",
  description: "You follow its default channels then. A member gets the same answer.",
  request: { params: SpaceParams },
  responses: {
    200: jsonAnswer("You are in", JoinedSpace),
    ...problems("validation_failed", "forbidden", "not_found", "group_full", "quota"),
  },
});

const dissolveRoute = pageRoute("delete", "/v1/spaces/{id}", {
  operationId: "dissolveSpace",
  summary: "Dissolve a space with its channels",
  description: "For its owner. Repeat a call that was cut off.",
  request: { params: SpaceParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

export const spaces = v1Router()
  .openapi(createRoute, async (c) => {
    const { client_space_id: clientSpaceId, ...fields } = c.req.valid("json");
    const { space, created } = await createSpace(c.var.core, c.var.caller.userId, {
      ...fields,
      clientSpaceId,
    });
    return c.json(await showSpace(c.var.core, space, c.var.caller.userId), created ? 201 : 200);
  })
  .openapi(listRoute, async (c) => {
    const page = await listSpaces(c.var.core, c.var.caller.userId, c.req.valid("query"));
    const unread = await unreadIn(c.var.core, c.var.caller.userId);
    return c.json(
      serializePage(page, (space) => serializeSpace(space, unread.get(space.id))),
      200,
    );
  })
  .openapi(directoryRoute, async (c) => {
    const { q: text, ...range } = c.req.valid("query");
    return c.json(serializePage(await searchDirectory(c.var.core, { ...range, text }), serializeListed), 200);
  })
  .openapi(getRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { core, caller } = c.var;
    return c.json(await showSpace(core, await getSpace(core, caller.userId, id), caller.userId), 200);
  })
  .openapi(changeRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { slow_mode_s: slowModeS, ...fields } = c.req.valid("json");
    const { core, caller } = c.var;
    const space = await editSpace(core, caller.userId, id, { ...fields, slowModeS });
    return c.json(await showSpace(core, space, caller.userId), 200);
  })
  .openapi(ownerRoute, async (c) => {
    const { user_id: target } = c.req.valid("json");
    const { id } = c.req.valid("param");
    const { core, caller } = c.var;
    const space = await transferSpace(core, caller.userId, id, target);
    return c.json(await showSpace(core, space, caller.userId), 200);
  })
  .openapi(joinRoute, async (c) => {
    const joined = await joinSpace(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.json(await showJoinedSpace(c.var.core, joined, c.var.caller.userId), 200);
  })
  .openapi(dissolveRoute, async (c) => {
    await dissolveSpace(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.body(null, 204);
  });

/** A space as v1 shows it to a member. */
export async function showSpace(core: Core, space: OwnSpace, userId: UserId): Promise<z.infer<typeof Space>> {
  return serializeSpace(space, (await unreadIn(core, userId)).get(space.id));
}

/** What is unread in each space of a user; spaces without anything are missing. */
async function unreadIn(core: Core, userId: UserId): Promise<ReadonlyMap<SpaceId, SpaceUnread>> {
  const { spaces } = await sumUnread(core, userId);
  return new Map(spaces.map((space) => [space.spaceId, space]));
}

function serializeSpace(space: OwnSpace, unread: SpaceUnread | undefined): z.infer<typeof Space> {
  const { permissions, roles, metadata, slowModeS, notificationsMutedUntil } = space;
  return {
    ...serializeListed(space),
    ...{ permissions: permissionsIn(permissions), role_ids: roles.map((role) => role.id) },
    ...{ metadata: readMetadata(metadata), slow_mode_s: slowModeS },
    muted_until: shownMute(notificationsMutedUntil, Date.now()).mutedUntil,
    ...{ unread_count: unread?.unreadCount ?? 0, mention_count: unread?.mentionCount ?? 0 },
  };
}

/** A space as the directory shows it. */
function serializeListed(space: DomainSpace) {
  const { id, name, avatar, description, discoverable, ownerId, memberCount, createdAt } = space;
  return {
    ...{ id, name, avatar, description, discoverable },
    ...{ owner_id: ownerId, member_count: memberCount, created_at: createdAt },
  };
}

/** The space of an invitation as v1 shows it to whoever has the code. */
export function serializeInvitedSpace(invited: DomainInvitedSpace): z.infer<typeof InvitedSpace> {
  const { space, isMember, expiresAt, inviter } = invited;
  const { id, name, avatar, description, memberCount } = space;
  return {
    space: { id, name, avatar, description, member_count: memberCount },
    state: isMember ? "member" : "none",
    expires_at: expiresAt,
    inviter: inviter && { username: inviter.username, nickname: inviter.nickname, avatar: inviter.avatar },
  };
}

/** A space into which somebody has come. */
export async function showJoinedSpace(
  core: Core,
  joined: { space: OwnSpace; channelId: ConversationId | null },
  userId: UserId,
): Promise<z.infer<typeof JoinedSpace>> {
  return { space: await showSpace(core, joined.space, userId), channel_id: joined.channelId };
}
