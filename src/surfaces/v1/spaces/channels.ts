import { z } from "@hono/zod-openapi";
import { createChannel, followChannel, listChannels } from "../../../core/spaces/channels.ts";
import { ConversationId, SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { ChannelKind, ChannelVisibility, type OwnChannel } from "../../../domain/spaces/channel.ts";
import { Permission, permissionsIn } from "../../../domain/spaces/permission.ts";
import { RoleId } from "../../../domain/spaces/role.ts";
import { textUpTo } from "../../../domain/text.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { ConversationParams, SpaceParams, Time } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";

const Visibility = ChannelVisibility.openapi({
  description: "`private`: only the roles and members can read it to whom an override allows it",
});
const Kind = ChannelKind.openapi({
  description:
    "`announcement`: only who has an override or `manage_channel` can write; others answer in threads",
});

const NewChannel = z
  .object({
    name: GroupName,
    topic: textUpTo(LIMITS.description).optional(),
    visibility: Visibility.optional(),
    channel_kind: Kind.optional(),
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
    permissions: z.array(Permission).openapi({ description: "What you may do in it" }),
    following: z.boolean().openapi({ description: "It is in your list, and its messages count as unread" }),
    created_at: Time,
  })
  .openapi("Channel", { description: "A conversation: `GET /v1/conversations/{id}` has the rest of it" });

const Channels = z.object({ items: z.array(Channel) }).openapi("Channels");

const lightRoute = callerRoutes("Spaces");
const pageRoute = callerRoutes("Spaces", weighs("page"));

const listRoute = pageRoute("get", "/v1/spaces/{id}/channels", {
  operationId: "listChannels",
  summary: "The channels of a space",
  description:
    "Those that you can read, in the order in which they were made. They are read and written by the calls of conversations, and by a room socket.",
  request: { params: SpaceParams },
  responses: { 200: jsonAnswer("All of them", Channels), ...problems("validation_failed", "not_found") },
});

const createRoute = pageRoute("post", "/v1/spaces/{id}/channels", {
  operationId: "createChannel",
  summary: "Add a channel to a space",
  description: `Wants the permission \`manage_channel\`. A space has at most ${LIMITS.channels} channels: else \`conflict\`.`,
  request: { params: SpaceParams, body: jsonBody(NewChannel) },
  responses: {
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
    const items = await listChannels(c.var.core, c.var.caller.userId, id);
    return c.json({ items: items.map((channel) => serializeChannel(id, channel)) }, 200);
  })
  .openapi(createRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { channel_kind: kind, role_ids: roleIds, user_ids: userIds, ...fields } = c.req.valid("json");
    const wanted = { ...fields, kind, roleIds, userIds };
    const channel = await createChannel(c.var.core, c.var.caller.userId, id, wanted);
    return c.json(serializeChannel(id, channel), 201);
  })
  .openapi(followRoute, async (c) => {
    await followChannel(c.var.core, c.var.caller.userId, c.req.valid("param").id, true);
    return c.body(null, 204);
  })
  .openapi(unfollowRoute, async (c) => {
    await followChannel(c.var.core, c.var.caller.userId, c.req.valid("param").id, false);
    return c.body(null, 204);
  });

function serializeChannel(
  spaceId: SpaceId,
  { id, name, topic, visibility, kind, permissions, isFollowed, createdAt }: OwnChannel,
): z.infer<typeof Channel> {
  return {
    ...{ id, space_id: spaceId, name, topic, visibility, channel_kind: kind },
    ...{ permissions: permissionsIn(permissions), following: isFollowed, created_at: createdAt },
  };
}
