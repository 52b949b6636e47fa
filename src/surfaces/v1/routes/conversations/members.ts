import { createRoute, z } from "@hono/zod-openapi";
import { addMembers, changeMember, listMembers, removeMember } from "../../../../core/groups/groups.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Body } from "../../body.ts";
import { v1Router } from "../../router.ts";
import { ConversationIdParam, ListQuery, problems, UserIdParam } from "../../schemas/common.ts";
import { Member, MemberChange, MemberPage, Members, NewMembers } from "../../schemas/groups.ts";
import { serializeMember } from "../../serialize/groups.ts";

const params = z.object({ id: ConversationIdParam });
const oneParams = z.object({ id: ConversationIdParam, user_id: UserIdParam });

const listRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{id}/members",
  operationId: "listMembers",
  tags: ["Members"],
  summary: "Members of a conversation",
  description: "In the order of joining.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  request: { params, query: ListQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: MemberPage } } },
    ...problems("validation_failed", "unauthenticated", "not_found"),
  },
});

const addRoute = createRoute({
  method: "post",
  path: "/v1/conversations/{id}/members",
  operationId: "addMembers",
  tags: ["Members"],
  summary: "Add people to a group",
  description:
    "Users who are members already keep their role. If one user cannot be added, none is. A banned user is `forbidden`, named in the detail.",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { params, body: { required: true, content: { "application/json": { schema: NewMembers } } } },
  responses: {
    200: { description: "All users that were named", content: { "application/json": { schema: Members } } },
    ...problems(
      "validation_failed",
      "unauthenticated",
      "forbidden",
      "blocked",
      "not_found",
      "conflict",
      "too_large",
    ),
  },
});

const changeRoute = createRoute({
  method: "patch",
  path: "/v1/conversations/{id}/members/{user_id}",
  operationId: "changeMember",
  tags: ["Members"],
  summary: "Change a member's role, mute or name card",
  description:
    "`muted_for_s` 0 ends a mute. Every member can change their own name card, unless they are muted; an empty one is none. Members hear of another card by a `member` frame.",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: {
    params: oneParams,
    body: { required: true, content: { "application/json": { schema: MemberChange } } },
  },
  responses: {
    200: { description: "The member", content: { "application/json": { schema: Member } } },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "too_large"),
  },
});

const removeRoute = createRoute({
  method: "delete",
  path: "/v1/conversations/{id}/members/{user_id}",
  operationId: "removeMember",
  tags: ["Members"],
  summary: "Remove a member from a group",
  description: "Removing yourself means leaving.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: oneParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "conflict"),
  },
});

export const members = v1Router()
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { items, nextCursor } = await listMembers(
      c.var.core,
      c.var.caller.userId,
      id,
      c.req.valid("query"),
    );
    return c.json({ items: items.map(serializeMember), next_cursor: nextCursor }, 200);
  })
  .openapi(addRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { user_ids: userIds } = c.req.valid("json");
    const items = await addMembers(c.var.core, c.var.caller.userId, id, userIds);
    return c.json({ items: items.map(serializeMember) }, 200);
  })
  .openapi(changeRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    const { role, muted_for_s: mutedForS, name_card: nameCard } = c.req.valid("json");
    const change = { role, mutedForS, nameCard };
    const member = await changeMember(c.var.core, c.var.caller.userId, id, userId, change);
    return c.json(serializeMember(member), 200);
  })
  .openapi(removeRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    await removeMember(c.var.core, c.var.caller.userId, id, userId);
    return c.body(null, 204);
  });
