import { z } from "@hono/zod-openapi";
import { getChannels } from "../../../core/spaces/categories.ts";
import { createChannel, followChannel, type SpaceLayout } from "../../../core/spaces/channels.ts";
import { CategoryId, ClientSpaceId, ConversationId, SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { ChannelKind, ChannelVisibility, type OwnChannel } from "../../../domain/spaces/channel.ts";
import { Permission, permissionsIn } from "../../../domain/spaces/permission.ts";
import { RoleId } from "../../../domain/spaces/role.ts";
import { textUpTo } from "../../../domain/text.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { ConversationParams, orNull, SpaceParams, Time } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";

export const Visibility = ChannelVisibility.clone().openapi({
  description: "`private`: only the roles and members can read it to whom an override allows it",
});
export const Kind = ChannelKind.clone().openapi({
  description:
    "`announcement`: only who has an override or `manage_channel` can write; others answer in threads",
});

/** The category of a channel. */
export const Category = orNull(CategoryId).openapi({ description: "The category that it is in; null: none" });
/** Whether newcomers follow a channel. */
export const Default = z.boolean().openapi({
  description: `Who comes into the space follows it. At most ${LIMITS.defaultChannels} of a space: else \`conflict\`. Without one it is the first channel`,
});

const NewChannel = z
  .object({
    name: GroupName,
    topic: textUpTo(LIMITS.description).optional(),
    visibility: Visibility.optional(),
    channel_kind: Kind.optional(),
    category_id: Category.optional(),
    default: Default.optional(),
    role_ids: z
      .array(RoleId)
      .max(LIMITS.namedInChannel)
      .optional()
      .openapi({ description: "Whose members can read a private one" }),
    user_ids: z
      .array(UserId)
      .max(LIMITS.namedInChannel)
      .optional()
      .openapi({ description: "Members who can read a private one, besides you" }),
    client_channel_id: ClientSpaceId.optional().openapi({
      description: "Your own id of the creation: a repeated call with it gives the channel of the first one",
    }),
  })
  .openapi("NewChannel", { example: { name: "seeds", topic: "What grows when" } });

const Channel = z
  .object({
    id: ConversationId,
    space_id: SpaceId,
    name: z.string(),
    topic: z.string(),
    visibility: Visibility,
    channel_kind: Kind,
    category_id: Category,
    position: z.int().openapi({ description: "Its place among the channels that you see" }),
    default: Default,
    permissions: z.array(Permission).openapi({ description: "What you may do in it" }),
    following: z.boolean().openapi({ description: "It is in your list, and its messages count as unread" }),
    created_at: Time,
  })
  .openapi("Channel", { description: "A conversation: `GET /v1/conversations/{id}` has the rest of it" });

/** What channels are shown under. */
const SpaceCategory = z
  .object({
    id: CategoryId,
    space_id: SpaceId,
    name: z.string(),
    position: z.int().openapi({ description: "Its place among the categories that you see" }),
  })
  .openapi("SpaceCategory");

/** The channels of a space, and its categories. */
export const Channels = z
  .object({ items: z.array(Channel), categories: z.array(SpaceCategory) })
  .openapi("Channels");

const lightRoute = callerRoutes("Spaces");
const pageRoute = callerRoutes("Spaces", weighs("page"));

const listRoute = pageRoute("get", "/v1/spaces/{id}/channels", {
  operationId: "listChannels",
  summary: "The channels of a space",
  description:
    "Those that you can read, in their order: those without a category first. They are read and written by the calls of conversations, and by a room socket.",
  request: { params: SpaceParams },
  responses: { 200: jsonAnswer("All of them", Channels), ...problems("validation_failed", "not_found") },
});

const createRoute = pageRoute("post", "/v1/spaces/{id}/channels", {
  operationId: "createChannel",
  summary: "Add a channel to a space",
  description: `Wants the permission \`manage_channel\`. A space has at most ${LIMITS.channels} channels: else \`conflict\`.`,
  request: { params: SpaceParams, body: jsonBody(NewChannel) },
  responses: {
    200: jsonAnswer("The channel that was made with this `client_channel_id`", Channel),
    201: jsonAnswer("The channel", Channel),
    ...problems("forbidden", "refused", "not_found", "conflict", "quota"),
  },
});

const followRoute = lightRoute("put", "/v1/conversations/{id}/follow", {
  operationId: "followChannel",
  summary: "Follow a channel",
  description: "It is in your list then. Who writes in a channel follows it.",
  request: { params: ConversationParams },
  responses: { 204: { description: "Done" }, ...problems("validation_failed", "not_found") },
});

const unfollowRoute = lightRoute("delete", "/v1/conversations/{id}/follow", {
  operationId: "unfollowChannel",
  summary: "Follow a channel no more",
  description: "You can still read it. For who owns it this is a `conflict`.",
  request: { params: ConversationParams },
  responses: { 204: { description: "Done" }, ...problems("validation_failed", "not_found", "conflict") },
});

export const channels = v1Router()
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(serializeChannels(id, await getChannels(c.var.core, c.var.caller.userId, id)), 200);
  })
  .openapi(createRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { name, topic, visibility, channel_kind: kind, ...fields } = c.req.valid("json");
    const { category_id: categoryId, default: isDefault, role_ids: roleIds, user_ids: userIds } = fields;
    const wanted = { name, topic, visibility, kind, categoryId, isDefault, roleIds, userIds };
    const { channel, created } = await createChannel(c.var.core, c.var.caller.userId, id, {
      ...wanted,
      clientChannelId: fields.client_channel_id,
    });
    return c.json(serializeChannel(id, channel), created ? 201 : 200);
  })
  .openapi(followRoute, async (c) => {
    await followChannel(c.var.core, c.var.caller.userId, c.req.valid("param").id, true);
    return c.body(null, 204);
  })
  .openapi(unfollowRoute, async (c) => {
    await followChannel(c.var.core, c.var.caller.userId, c.req.valid("param").id, false);
    return c.body(null, 204);
  });

/** The channels and the categories of a space as v1 shows them to a member. */
export function serializeChannels(spaceId: SpaceId, layout: SpaceLayout): z.infer<typeof Channels> {
  return {
    items: layout.channels.map((channel) => serializeChannel(spaceId, channel)),
    categories: layout.categories.map((category, position) => ({ ...category, space_id: spaceId, position })),
  };
}

function serializeChannel(spaceId: SpaceId, channel: OwnChannel): z.infer<typeof Channel> {
  const { id, name, topic, visibility, kind, permissions, isFollowed, createdAt } = channel;
  const { categoryId, isDefault, position } = channel;
  return {
    ...{ id, space_id: spaceId, name, topic, visibility, channel_kind: kind },
    ...{ category_id: categoryId, position, default: isDefault },
    ...{ permissions: permissionsIn(permissions), following: isFollowed, created_at: createdAt },
  };
}
