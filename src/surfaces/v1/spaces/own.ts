import { z } from "@hono/zod-openapi";
import { readSpace } from "../../../core/spaces/own/followed.ts";
import { muteSpace, orderSpaces } from "../../../core/spaces/own/membership.ts";
import { SpaceId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { countPages, weighs } from "../../../http/access/rate-limit.ts";
import { SpaceParams } from "../common.ts";
import { MutedUntil } from "../conversations/conversation.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { Space, showSpace } from "./spaces.ts";

const pageRoute = callerRoutes("Spaces", weighs("page"));

/** Channels that may be read for the cost of a page. */
const READ_FOR_A_PAGE = 10;

const SpacePreferences = z.object({ muted_until: MutedUntil }).openapi("SpacePreferences");
const SpaceOrder = z
  .object({ space_ids: z.array(SpaceId).max(LIMITS.orderedSpaces) })
  .openapi("SpaceListOrder", { example: { space_ids: [2, 1] } });

const readRoute = pageRoute("put", "/v1/spaces/{id}/read", {
  operationId: "readSpace",
  summary: "Mark all messages of a space as read",
  description: `In the channels that you follow. Each ${READ_FOR_A_PAGE} of them with unread messages count as a page.`,
  request: { params: SpaceParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "not_found"),
  },
});

const preferencesRoute = pageRoute("put", "/v1/spaces/{id}/preferences", {
  operationId: "setSpacePreferences",
  summary: "Mute a space for yourself",
  description:
    "Nothing in its channels is pushed to you meanwhile, and `audible` of `GET /v1/me/unread` leaves them out. Messages stay unread.",
  request: { params: SpaceParams, body: jsonBody(SpacePreferences) },
  responses: { 200: jsonAnswer("The space", Space), ...problems("not_found") },
});

const orderRoute = pageRoute("put", "/v1/spaces/order", {
  operationId: "orderSpaces",
  summary: "Put your spaces into an order",
  description:
    "`GET /v1/spaces` has them so. Those that you do not name come before, the newest first. A space that you are not in is `not_found`, and nothing changes.",
  request: { body: jsonBody(SpaceOrder) },
  responses: { 204: { description: "Done" }, ...problems("not_found") },
});

/** What a member sets of a space for themself. */
export const ownSpaces = v1Router()
  .openapi(readRoute, async (c) => {
    const { core, caller } = c.var;
    await readSpace(core, caller.userId, c.req.valid("param").id, (count) =>
      countPages(c, caller.userId, Math.ceil(count / READ_FOR_A_PAGE) - 1),
    );
    return c.body(null, 204);
  })
  .openapi(preferencesRoute, async (c) => {
    const { core, caller } = c.var;
    const { muted_until: mutedUntil } = c.req.valid("json");
    const space = await muteSpace(core, caller.userId, c.req.valid("param").id, mutedUntil);
    return c.json(await showSpace(core, space, caller.userId), 200);
  })
  .openapi(orderRoute, async (c) => {
    await orderSpaces(c.var.core, c.var.caller.userId, c.req.valid("json").space_ids);
    return c.body(null, 204);
  });
