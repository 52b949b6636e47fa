import { banFromSpace, liftSpaceBan, listBansOfSpace } from "../../../core/spaces/bans.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { ListQuery, SpaceMemberParams, SpaceParams, serializePage } from "../common.ts";
import { BanInput, BanPage, serializeBan } from "../conversations/bans.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, optionalBody } from "../route.ts";
import { v1Router } from "../router.ts";

const pageRoute = callerRoutes("Spaces", weighs("page"));

const listRoute = pageRoute("get", "/v1/spaces/{id}/bans", {
  operationId: "listSpaceBans",
  summary: "Users who are banned from a space",
  description: "Oldest ban first. Wants the permission `ban`.",
  request: { params: SpaceParams, query: ListQuery },
  responses: {
    200: jsonAnswer("A page", BanPage),
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const banRoute = pageRoute("put", "/v1/spaces/{id}/bans/{user_id}", {
  operationId: "banFromSpace",
  summary: "Ban a user from a space",
  description:
    "Wants the permission `ban`, and a role above theirs. A member is removed in one step: once you have the answer, they read no channel any more. Until the ban is lifted no invitation lets the user in. A repeated ban only changes the reason. A space has at most 10,000 bans: else `conflict`.",
  request: { params: SpaceMemberParams, body: optionalBody(BanInput) },
  responses: {
    204: { description: "The user is banned" },
    ...problems("forbidden", "refused", "not_found", "conflict"),
  },
});

const liftRoute = pageRoute("delete", "/v1/spaces/{id}/bans/{user_id}", {
  operationId: "liftSpaceBan",
  summary: "Lift a ban from a space",
  description:
    "Wants the permission `ban`. The user does not become a member. Without a ban nothing changes.",
  request: { params: SpaceMemberParams },
  responses: {
    204: { description: "The user is not banned" },
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

export const spaceBans = v1Router()
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const page = await listBansOfSpace(c.var.core, c.var.caller.userId, id, c.req.valid("query"));
    return c.json(serializePage(page, serializeBan), 200);
  })
  .openapi(banRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    const { reason = "" } = c.req.valid("json");
    await banFromSpace(c.var.core, c.var.caller.userId, id, userId, reason);
    return c.body(null, 204);
  })
  .openapi(liftRoute, async (c) => {
    const { id, user_id: userId } = c.req.valid("param");
    await liftSpaceBan(c.var.core, c.var.caller.userId, id, userId);
    return c.body(null, 204);
  });
