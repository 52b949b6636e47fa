import { createRoute, z } from "@hono/zod-openapi";
import {
  changeScheduled,
  deleteScheduled,
  getScheduled,
  listScheduled,
} from "../../../../core/messages/scheduled.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Body } from "../../body.ts";
import { v1Router } from "../../router.ts";
import { ListQuery, problems } from "../../schemas/common.ts";
import { Scheduled, ScheduledChange, ScheduledIdParam, ScheduledPage } from "../../schemas/scheduled.ts";
import { serializeScheduled, toChange } from "../../serialize/scheduled.ts";

const params = z.object({ id: ScheduledIdParam });
const one = { content: { "application/json": { schema: Scheduled } } };

const listRoute = createRoute({
  method: "get",
  path: "/v1/scheduled",
  operationId: "listScheduled",
  tags: ["Messages"],
  summary: "Your scheduled messages",
  description:
    "Of all conversations, in the order in which they are due. Refused ones have `failed`, and are kept for a week.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  request: { query: ListQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: ScheduledPage } } },
    ...problems("validation_failed", "unauthenticated"),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/v1/scheduled/{id}",
  operationId: "getScheduled",
  tags: ["Messages"],
  summary: "A scheduled message",
  description: "One that is sent, or is not yours, is `not_found`.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    200: { description: "The scheduled message", ...one },
    ...problems("unauthenticated", "not_found"),
  },
});

const changeRoute = createRoute({
  method: "patch",
  path: "/v1/scheduled/{id}",
  operationId: "changeScheduled",
  tags: ["Messages"],
  summary: "Change a scheduled message",
  description:
    "Its time, its content (`kind` and `body` together), its mentions, its quote; what is absent stays. Once it is due it cannot be changed: `conflict`, and after it is sent `not_found`. One that has failed waits again with a new `send_at`.",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: {
    params,
    body: { required: true, content: { "application/json": { schema: ScheduledChange } } },
  },
  responses: {
    200: { description: "The changed message", ...one },
    ...problems("validation_failed", "unauthenticated", "not_found", "conflict", "too_large"),
  },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/v1/scheduled/{id}",
  operationId: "deleteScheduled",
  tags: ["Messages"],
  summary: "Delete a scheduled message",
  description:
    "It will not be sent. Once it is due it cannot be deleted: `conflict`, and after it is sent `not_found`.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: { 204: { description: "Deleted" }, ...problems("unauthenticated", "not_found", "conflict") },
});

export const scheduled = v1Router()
  .openapi(listRoute, async (c) => {
    const page = await listScheduled(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json({ items: page.items.map(serializeScheduled), next_cursor: page.nextCursor }, 200);
  })
  .openapi(getRoute, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(serializeScheduled(await getScheduled(c.var.core, c.var.caller.userId, id)), 200);
  })
  .openapi(changeRoute, async (c) => {
    const { id } = c.req.valid("param");
    const change = toChange(c.req.valid("json"));
    return c.json(
      serializeScheduled(await changeScheduled(c.var.core, c.var.caller.userId, id, change)),
      200,
    );
  })
  .openapi(deleteRoute, async (c) => {
    await deleteScheduled(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.body(null, 204);
  });
