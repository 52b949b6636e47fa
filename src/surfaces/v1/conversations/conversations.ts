import { z } from "@hono/zod-openapi";
import {
  listConversations,
  openDirectByNumber,
  setPreferences,
} from "../../../core/conversations/conversations.ts";
import { getWithOnlineCount } from "../../../core/conversations/online-count.ts";
import { createGroup } from "../../../core/groups/create-group.ts";
import { deleteConversation, editGroup, requireEditable } from "../../../core/groups/groups.ts";
import { changeChannel } from "../../../core/spaces/channels.ts";
import { listFollowedIn } from "../../../core/spaces/own/followed.ts";
import { ProfileFields } from "../../../domain/accounts/user.ts";
import { JoinPolicy } from "../../../domain/conversations/group-kind.ts";
import { ClientGroupId as ClientGroupIdText, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { textUpTo } from "../../../domain/text.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import {
  ConversationParams,
  ListQuery,
  Metadata,
  pageShape,
  SpaceIdParam,
  serializePage,
} from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { Category, Default, Kind, Visibility } from "../spaces/channels.ts";
import {
  Audience,
  Conversation,
  Discoverable,
  LinkPreviews,
  MayWrite,
  MutedUntil,
  readMayWrite,
  SlowMode,
  serializeConversation,
  serializeWithOnlineCount,
  Threads,
} from "./conversation.ts";

const ClientGroupId = ClientGroupIdText.meta({
  description:
    "Your own id of the creation: a repeated creation with the same id answers with the group of the first",
  example: "g1",
});

const NewDirectConversation = z
  .object({ kind: z.literal("direct"), user_id: UserId })
  .openapi("NewDirectConversation");

const NewGroup = z
  .object({
    kind: z.literal("group"),
    name: GroupName,
    member_ids: z.array(UserId),
    join_policy: JoinPolicy.default("approval"),
    discoverable: Discoverable.default(false),
    audience: Audience.optional(),
    client_group_id: ClientGroupId.optional(),
  })
  .openapi("NewGroup");

const NewConversation = z
  .discriminatedUnion("kind", [NewDirectConversation, NewGroup])
  .openapi("NewConversation");

/** Absent = unchanged. */
const ConversationChange = z
  .object({
    name: GroupName.optional(),
    avatar: ProfileFields.shape.avatar.optional(),
    introduction: textUpTo(LIMITS.description).optional(),
    announcement: textUpTo(LIMITS.description).optional(),
    join_policy: JoinPolicy.optional(),
    discoverable: Discoverable.optional(),
    threads: Threads.optional(),
    link_previews: LinkPreviews.optional(),
    slow_mode_s: SlowMode.optional(),
    may_write: MayWrite.optional(),
    audience: Audience.optional(),
    metadata: Metadata.optional(),
    visibility: Visibility.optional(),
    channel_kind: Kind.optional(),
    category_id: Category.optional(),
    default: Default.optional(),
  })
  .openapi("ConversationChange");

/** The query of the list. */
const ConversationListQuery = ListQuery.extend({
  archived: z
    .enum(["true", "false"])
    .default("false")
    .openapi({ description: "`true`: your archive; `false`: your list without it", example: "false" }),
  space_id: z
    .union([SpaceIdParam, z.literal("none")])
    .optional()
    .openapi({
      type: "string",
      description: "Only the channels of this space that you follow; `none`: only what is no channel",
      example: "none",
    }),
});

export const ConversationList = pageShape(Conversation).openapi("ConversationList");

const PreferencesChange = z
  .object({
    sticky: z.boolean().optional(),
    silent: z.boolean().optional().openapi({ description: "Mutes it for ever, or not any more" }),
    muted_until: MutedUntil.optional(),
    archived: z.boolean().optional().openapi({ description: "Puts it into your archive, or back" }),
    validation: z.boolean().optional(),
  })
  .refine(({ silent, muted_until }) => {
    return silent === undefined || muted_until === undefined || silent === (muted_until !== 0);
  }, "`silent` and `muted_until` contradict each other: give one of them")
  .openapi("PreferencesChange");

const lightRoute = callerRoutes("Conversations");
const pageRoute = callerRoutes("Conversations", weighs("page"));

const createRouteDefinition = lightRoute("post", "/v1/conversations", {
  operationId: "createConversation",
  summary: "Open a direct conversation, or create a group",
  description:
    "Two users have one direct conversation; opening it again returns the same one (200). Creating a group again with the same `client_group_id` returns the same group (200), or is a `conflict` if you are not in it any more. Nothing is created if a user is unknown (`not_found`), or if there is a block between you and a user (`blocked`).",
  request: { body: jsonBody(NewConversation) },
  responses: {
    200: jsonAnswer("The existing conversation", Conversation),
    201: jsonAnswer("The new conversation", Conversation),
    ...problems("blocked", "not_found", "conflict", "quota", "refused"),
  },
});

const listRoute = pageRoute("get", "/v1/conversations", {
  operationId: "listConversations",
  summary: "Your conversations",
  description:
    "Sticky conversations first, then by newest activity. Those that you have archived are in a list of their own (`archived=true`), in the same order. A new message brings one back, also your own, unless you have muted it then. `space_id` of a space that you are not in is `not_found`.",
  request: { query: ConversationListQuery },
  responses: {
    200: jsonAnswer("A page", ConversationList),
    ...problems("validation_failed", "not_found"),
  },
});

const getRoute = lightRoute("get", "/v1/conversations/{id}", {
  operationId: "getConversation",
  summary: "A conversation, as you see it",
  description: "A group also has `online_count`: the number of its members who are online.",
  request: { params: ConversationParams },
  responses: {
    200: jsonAnswer("The conversation", Conversation),
    ...problems("validation_failed", "not_found"),
  },
});

const editRoute = lightRoute("patch", "/v1/conversations/{id}", {
  operationId: "changeConversation",
  summary: "Change a group's profile",
  description:
    "For the owner and admins, in a channel for the permission `manage_channel`. Absent fields keep their value. Channels alone have `category_id`, `default`, `visibility` and `channel_kind`: for a group they are `not_found`. The last two are changes of overrides, and want `manage_roles`, too. Who closes a channel to others can read and write it still.",
  request: {
    params: ConversationParams,
    body: jsonBody(ConversationChange),
  },
  responses: {
    200: jsonAnswer("The conversation", Conversation),
    ...problems("forbidden", "refused", "not_found", "conflict"),
  },
});

const deleteRoute = lightRoute("delete", "/v1/conversations/{id}", {
  operationId: "deleteConversation",
  summary: "Dissolve a group, or delete a direct conversation for yourself",
  description:
    "A direct conversation: its history is deleted for you, and your list leaves it out until a new message arrives. Repeating this is no error. A group: only its owner can dissolve it.",
  request: { params: ConversationParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const preferencesRoute = lightRoute("put", "/v1/conversations/{id}/preferences", {
  operationId: "setPreferences",
  summary: "Set your own preferences of a conversation",
  description:
    "Absent ones keep their value. `silent` is whether `muted_until` is -1 or later than now; setting it sets `muted_until` to -1 or 0, so give one of the two. An archived conversation leaves your list until a new message comes, also your own, while it is not muted; the end of a mute alone does not bring it back. Your devices are sent the `conversation` in a frame.",
  request: {
    params: ConversationParams,
    body: jsonBody(PreferencesChange),
  },
  responses: {
    200: jsonAnswer("The conversation", Conversation),
    ...problems("not_found"),
  },
});

export const conversations = v1Router()
  .openapi(createRouteDefinition, async (c) => {
    const { core, caller } = c.var;
    const input = c.req.valid("json");
    if (input.kind === "direct") {
      const { conversation, created } = await openDirectByNumber(core, caller.userId, input.user_id);
      return c.json(serializeConversation(conversation), created ? 201 : 200);
    }
    const { name, member_ids: memberIds, join_policy: joinPolicy, discoverable } = input;
    const { client_group_id: clientGroupId, audience } = input;
    const options = { name, memberIds, joinPolicy, discoverable, clientGroupId } as const;
    const group = { ...options, policy: "group", viewers: audience ? "write" : "none" } as const;
    const { conversation, created, asked } = await createGroup(core, caller.userId, group);
    const made = { ...serializeConversation(conversation), ...(asked.length > 0 && { asked }) };
    return c.json(made, created ? 201 : 200);
  })
  .openapi(listRoute, async (c) => {
    const { archived, space_id: listed, ...range } = c.req.valid("query");
    const query = { ...range, archived: archived === "true", withDrafts: true };
    const { core, caller } = c.var;
    const page =
      listed === undefined
        ? await listConversations(core, caller.userId, query)
        : await listFollowedIn(core, caller.userId, listed, query);
    return c.json(serializePage(page, serializeConversation), 200);
  })
  .openapi(getRoute, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(
      serializeWithOnlineCount(await getWithOnlineCount(c.var.core, c.var.caller.userId, id)),
      200,
    );
  })
  .openapi(editRoute, async (c) => {
    const { id } = c.req.valid("param");
    const {
      threads,
      visibility,
      channel_kind: kind,
      category_id: categoryId,
      ...others
    } = c.req.valid("json");
    const { default: isDefault, ...fields } = others;
    const place = { visibility, kind, categoryId, isDefault };
    if (Object.values(place).some((field) => field !== undefined)) {
      // What the other fields are refused for changes no rights.
      await requireEditable(c.var.core, c.var.caller.userId, id, fields);
      await changeChannel(c.var.core, c.var.caller.userId, id, place);
    }
    const {
      join_policy: joinPolicy,
      slow_mode_s: slowModeS,
      may_write: mayWrite,
      link_previews: linkPreviews,
      ...change
    } = fields;
    const conversation = await editGroup(c.var.core, c.var.caller.userId, id, {
      ...change,
      joinPolicy,
      slowModeS,
      linkPreviews,
      ...readMayWrite(mayWrite),
      threads: threads && threads === "on",
    });
    return c.json(serializeConversation(conversation), 200);
  })
  .openapi(deleteRoute, async (c) => {
    await deleteConversation(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.body(null, 204);
  })
  .openapi(preferencesRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { sticky, muted_until: mutedUntil, silent, ...others } = c.req.valid("json");
    const mute = mutedUntil === undefined ? { silent } : { mutedUntil };
    const change = { ...others, ...mute, pinned: sticky };
    const conversation = await setPreferences(c.var.core, c.var.caller.userId, id, change);
    return c.json(serializeConversation(conversation), 200);
  });
