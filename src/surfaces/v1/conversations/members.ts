import { z } from "@hono/zod-openapi";
import {
  addMembers,
  changeMember,
  type GroupMember,
  listMembers,
  removeMember,
  removeMembersAmong,
} from "../../../core/groups/groups.ts";
import { Role } from "../../../domain/conversations/group-kind.ts";
import { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { NameCard } from "../../../domain/names/names.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { serializeUser, User } from "../accounts/users.ts";
import {
  ConversationIdParam,
  ConversationParams,
  ListQuery,
  MemberText,
  pageShape,
  serializePage,
  Time,
  UserIdParam,
} from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";

const Member = z
  .object({
    user: User,
    role: Role,
    muted_until: Time.openapi({ description: "0: not muted" }),
    name_card: z.string(),
    joined_at: Time,
  })
  .openapi("Member");

export const MemberPage = pageShape(Member).openapi("MemberPage");

const AddedMembers = z
  .object({
    items: z.array(Member),
    asked: z.array(UserId).optional().openapi({
      description: "Those who get a message request, and are members once they accept it; absent: nobody",
    }),
  })
  .openapi("AddedMembers");

const NewMembers = z
  .object({ user_ids: z.array(UserId).min(1, "must name somebody").max(LIMITS.groupMembers) })
  .openapi("NewMembers");

const UnwantedMembers = z
  .object({ user_ids: z.array(UserId).min(1, "must name somebody").max(LIMITS.removedMembers) })
  .openapi("UnwantedMembers");

const RemovedMembers = z
  .object({ removed: z.array(UserId).openapi({ description: "Those who were members" }) })
  .openapi("RemovedMembers");

const MembersQuery = ListQuery.extend({
  q: MemberText.optional(),
  role: Role.optional().openapi({ description: "Only members who have it", example: "admin" }),
});

/** Absent = unchanged. */
const MemberChange = z
  .object({
    role: z.enum(["admin", "member"]).optional(),
    muted_for_s: z.int().nonnegative().max(LIMITS.muteSeconds).optional(),
    name_card: NameCard.optional(),
  })
  .openapi("MemberChange");

const lightRoute = callerRoutes("Members");
const pageRoute = callerRoutes("Members", weighs("page"));

const oneParams = z.object({ id: ConversationIdParam, user_id: UserIdParam });

const listRoute = pageRoute("get", "/v1/conversations/{id}/members", {
  operationId: "listMembers",
  summary: "Members of a conversation",
  description:
    "In the order of joining. Who joins or leaves meanwhile moves nobody to another page. Pages with `q` belong together, as those with `role` do: keep both while you page.",
  request: { params: ConversationParams, query: MembersQuery },
  responses: {
    200: jsonAnswer("A page", MemberPage),
    ...problems("validation_failed", "not_found"),
  },
});

const addRoute = lightRoute("post", "/v1/conversations/{id}/members", {
  operationId: "addMembers",
  summary: "Add people to a group",
  description:
    "Users who are members already keep their role. If one user cannot be added, none is. A banned user is `forbidden`, named in the detail. Who wants to be asked first (`who_may_add`) gets a message request, and is in `asked`.",
  request: { params: ConversationParams, body: jsonBody(NewMembers) },
  responses: {
    200: jsonAnswer("All users that were named and are members", AddedMembers),
    ...problems("forbidden", "blocked", "refused", "not_found", "conflict", "quota", "full"),
  },
});

const changeRoute = lightRoute("patch", "/v1/conversations/{id}/members/{user_id}", {
  operationId: "changeMember",
  summary: "Change a member's role, mute or name card",
  description:
    "`muted_for_s` 0 ends a mute. Every member can change their own name card, unless they are muted; an empty one is none. Members hear of another card by a `member` frame.",
  request: {
    params: oneParams,
    body: jsonBody(MemberChange),
  },
  responses: {
    200: jsonAnswer("The member", Member),
    ...problems("forbidden", "refused", "not_found"),
  },
});

const removeRoute = lightRoute("delete", "/v1/conversations/{id}/members/{user_id}", {
  operationId: "removeMember",
  summary: "Remove a member from a group",
  description: "Removing yourself means leaving.",
  request: { params: oneParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found", "conflict"),
  },
});

const removeSomeRoute = pageRoute("delete", "/v1/conversations/{id}/members", {
  operationId: "removeMembers",
  summary: "Remove members from a group",
  description:
    "All who are named and are members, or nobody: it is a `forbidden` if one of them is the owner, yourself or, for an admin, another admin. One change of the group, with one `tip`. Repeat a call that was cut off: who is gone is passed over.",
  request: { params: ConversationParams, body: jsonBody(UnwantedMembers) },
  responses: {
    200: jsonAnswer("Who was removed", RemovedMembers),
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

export const members = v1Router()
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { q: text, ...query } = c.req.valid("query");
    const page = await listMembers(c.var.core, c.var.caller.userId, id, { ...query, text });
    return c.json(serializePage(page, serializeMember), 200);
  })
  .openapi(addRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { user_ids: userIds } = c.req.valid("json");
    const { members, asked } = await addMembers(c.var.core, c.var.caller.userId, id, userIds);
    return c.json({ items: members.map(serializeMember), ...(asked.length > 0 && { asked }) }, 200);
  })
  .openapi(changeRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    const { role, muted_for_s: mutedForS, name_card: nameCard } = c.req.valid("json");
    const change = { role, mutedForS, nameCard };
    const member = await changeMember(c.var.core, c.var.caller.userId, id, userId, change);
    return c.json(serializeMember(member), 200);
  })
  .openapi(removeSomeRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { user_ids: userIds } = c.req.valid("json");
    const removed = await removeMembersAmong(c.var.core, c.var.caller.userId, id, userIds);
    return c.json({ removed }, 200);
  })
  .openapi(removeRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    await removeMember(c.var.core, c.var.caller.userId, id, userId);
    return c.body(null, 204);
  });

/** A member as v1 shows them. */
function serializeMember(member: GroupMember): z.infer<typeof Member> {
  return {
    user: serializeUser(member.user),
    role: member.role,
    muted_until: member.mutedUntil,
    name_card: member.nameCard,
    joined_at: member.joinedAt,
  };
}
