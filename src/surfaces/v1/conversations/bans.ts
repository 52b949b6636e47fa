import { z } from "@hono/zod-openapi";
import { banUser, liftBan, listBans } from "../../../core/groups/bans.ts";
import type { Ban as DomainBan } from "../../../domain/conversations/ban.ts";
import { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { textUpTo } from "../../../domain/text.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { serializeUser, User } from "../accounts/users.ts";
import {
  ConversationIdParam,
  ConversationParams,
  ListQuery,
  pageShape,
  serializePage,
  Time,
  UserIdParam,
} from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, optionalBody } from "../route.ts";
import { v1Router } from "../router.ts";

export const BanInput = z
  .object({ reason: textUpTo(LIMITS.joinRequest).optional() })
  .openapi("BanInput", { example: { reason: "advertising" } });

const Ban = z.object({ user: User, reason: z.string(), banned_by: UserId, created_at: Time }).openapi("Ban");

export const BanPage = pageShape(Ban).openapi("BanPage");

const lightRoute = callerRoutes("Members");
const pageRoute = callerRoutes("Members", weighs("page"));

const oneParams = z.object({ id: ConversationIdParam, user_id: UserIdParam });

const listRoute = pageRoute("get", "/v1/conversations/{id}/bans", {
  operationId: "listBans",
  summary: "Users who are banned from a group",
  description: "Oldest ban first. For the owner and admins.",
  request: { params: ConversationParams, query: ListQuery },
  responses: {
    200: jsonAnswer("A page", BanPage),
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const banRoute = lightRoute("put", "/v1/conversations/{id}/bans/{user_id}", {
  operationId: "banUser",
  summary: "Ban a user from a group",
  description:
    "For the owner and admins; admins ban plain members and users who are not in the group. In one step a member is removed, and an open join request rejected. Until the ban is lifted the user cannot join, apply or be added, over any API. A repeated ban only changes the reason. A group has at most 10,000 bans: else `conflict`.",
  request: { params: oneParams, body: optionalBody(BanInput) },
  responses: {
    204: { description: "The user is banned" },
    ...problems("forbidden", "refused", "not_found", "conflict"),
  },
});

const liftRoute = lightRoute("delete", "/v1/conversations/{id}/bans/{user_id}", {
  operationId: "liftBan",
  summary: "Lift a ban",
  description: "For the owner and admins. The user does not become a member. Without a ban nothing changes.",
  request: { params: oneParams },
  responses: {
    204: { description: "The user is not banned" },
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

export const bans = v1Router()
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const page = await listBans(c.var.core, c.var.caller.userId, id, c.req.valid("query"));
    return c.json(serializePage(page, serializeBan), 200);
  })
  .openapi(banRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    const { reason = "" } = c.req.valid("json");
    await banUser(c.var.core, c.var.caller.userId, id, userId, reason);
    return c.body(null, 204);
  })
  .openapi(liftRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    await liftBan(c.var.core, c.var.caller.userId, id, userId);
    return c.body(null, 204);
  });

/** A ban as v1 shows it. */
export function serializeBan({ user, reason, bannedBy, createdAt }: DomainBan): z.infer<typeof Ban> {
  return { user: serializeUser(user), reason, banned_by: bannedBy, created_at: createdAt };
}
