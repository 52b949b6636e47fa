import { z } from "@hono/zod-openapi";
import {
  type SpaceMember as DomainMember,
  leaveSpace,
  listMembers,
  listReaders,
  muteMember,
  removeSpaceMember,
} from "../../../core/spaces/members.ts";
import { setNameCard } from "../../../core/spaces/own/membership.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { NameCard } from "../../../domain/names/names.ts";
import { RoleId } from "../../../domain/spaces/role.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { serializeUser, User } from "../accounts/users.ts";
import {
  ConversationIdParam,
  ConversationParams,
  ListQuery,
  MemberText,
  orNull,
  pageShape,
  RoleIdParam,
  SpaceMemberParams,
  SpaceParams,
  serializePage,
  Time,
} from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { Role, serializeRole } from "./roles.ts";

const SpaceMember = z
  .object({
    user: User,
    joined_at: Time,
    name_card: z.string().openapi({ description: 'Their name in the space; `""`: none' }),
    role_ids: z.array(RoleId).openapi({ description: "Highest first, without `everyone`" }),
    muted_until: orNull(Time).openapi({ description: "Until when they may not write; null: they may" }),
  })
  .openapi("SpaceMember");
const SpaceMemberPage = pageShape(SpaceMember).openapi("SpaceMemberPage");
const ReaderPage = z
  .object({
    ...SpaceMemberPage.shape,
    roles: z.array(Role).openapi({ description: "The roles whose members all can, highest first" }),
  })
  .openapi("ReaderPage");

const pageRoute = callerRoutes("Spaces", weighs("page"));

const listRoute = pageRoute("get", "/v1/spaces/{id}/members", {
  operationId: "listSpaceMembers",
  summary: "Members of a space",
  description:
    "In the order in which they came. With `q` or `channel_id` a page may have fewer than `limit`, even none, and a cursor: a call looks at 2,000 members.",
  request: {
    params: SpaceParams,
    query: ListQuery.extend({
      q: MemberText.optional(),
      role_id: RoleIdParam.optional().openapi({ description: "Only those with this role" }),
      channel_id: ConversationIdParam.optional().openapi({ description: "Only those who can read it" }),
    }),
  },
  responses: {
    200: jsonAnswer("A page", SpaceMemberPage),
    ...problems("validation_failed", "not_found"),
  },
});

const readersRoute = pageRoute("get", "/v1/conversations/{id}/readers", {
  operationId: "listReaders",
  summary: "Who can read a channel",
  description:
    "Members of its space, in the order in which they came, also those who do not follow it. A page may have fewer than `limit`, even none, and a cursor: a call looks at 2,000 members.",
  request: { params: ConversationParams, query: ListQuery.extend({ q: MemberText.optional() }) },
  responses: { 200: jsonAnswer("A page", ReaderPage), ...problems("validation_failed", "not_found") },
});

const removeRoute = pageRoute("delete", "/v1/spaces/{id}/members/{user_id}", {
  operationId: "removeSpaceMember",
  summary: "Remove a member from a space",
  description:
    "Wants the permission `kick`, and a role above theirs. Once you have the answer, they read no channel any more.",
  request: { params: SpaceMemberParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const muteRoute = pageRoute("patch", "/v1/spaces/{id}/members/{user_id}", {
  operationId: "muteSpaceMember",
  summary: "Mute a member of a space, or set a name card",
  description:
    "One of both in a call. Your own name card you set yourself. All else wants the permission `kick`, and a role above theirs. They write in no channel while they are muted; `muted_for_s` 0 ends that.",
  request: {
    params: SpaceMemberParams,
    body: jsonBody(
      z
        .object({
          muted_for_s: z.int().nonnegative().max(LIMITS.muteSeconds).optional(),
          name_card: NameCard.optional(),
        })
        .refine(
          // Each wants rights of its own: so nothing is stored of a call that is refused.
          ({ muted_for_s, name_card }) => (muted_for_s === undefined) !== (name_card === undefined),
          "must have one of muted_for_s and name_card",
        )
        .openapi("SpaceMemberChange", { example: { muted_for_s: 600 } }),
    ),
  },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const leaveRoute = pageRoute("post", "/v1/spaces/{id}/leave", {
  operationId: "leaveSpace",
  summary: "Leave a space",
  description: "Its channels are in your list no more. For the owner it is a `conflict`.",
  request: { params: SpaceParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "not_found", "conflict"),
  },
});

export const spaceMembers = v1Router()
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { role_id: roleId, channel_id: channelId, q: text, ...range } = c.req.valid("query");
    const query = { ...range, roleId, channelId, text };
    const page = await listMembers(c.var.core, c.var.caller.userId, id, query);
    return c.json(serializePage(page, serializeMember), 200);
  })
  .openapi(readersRoute, async (c) => {
    const { q: text, ...range } = c.req.valid("query");
    const { id } = c.req.valid("param");
    const found = await listReaders(c.var.core, c.var.caller.userId, id, { ...range, text });
    const roles = found.roles.map((role) => serializeRole(found.spaceId, role));
    return c.json({ ...serializePage(found.members, serializeMember), roles }, 200);
  })
  .openapi(removeRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    await removeSpaceMember(c.var.core, c.var.caller.userId, id, userId);
    return c.body(null, 204);
  })
  .openapi(muteRoute, async (c) => {
    const { id, user_id: target } = c.req.valid("param");
    const { muted_for_s: mutedForS, name_card: nameCard } = c.req.valid("json");
    const { core, caller } = c.var;
    if (nameCard !== undefined) await setNameCard(core, caller.userId, id, { target, nameCard });
    if (mutedForS !== undefined) await muteMember(core, caller.userId, id, { target, mutedForS });
    return c.body(null, 204);
  })
  .openapi(leaveRoute, async (c) => {
    await leaveSpace(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.body(null, 204);
  });

function serializeMember(member: DomainMember): z.infer<typeof SpaceMember> {
  const { user, joinedAt, nameCard, roleIds, mutedUntil } = member;
  return {
    ...{ user: serializeUser(user), joined_at: joinedAt, role_ids: [...roleIds] },
    name_card: nameCard,
    muted_until: mutedUntil > Date.now() ? mutedUntil : null,
  };
}
