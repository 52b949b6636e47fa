import { z } from "@hono/zod-openapi";
import {
  changeScheduled,
  deleteScheduled,
  getScheduled,
  listScheduled,
} from "../../../../core/messages/scheduled.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { ListQuery, serializePage } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { Scheduled, ScheduledChange, ScheduledIdParam, ScheduledPage } from "../../schemas/scheduled.ts";
import { serializeScheduled, toChange } from "../../serialize/scheduled.ts";

const lightRoute = callerRoutes("Messages");
const pageRoute = callerRoutes("Messages", weighs("page"));

const params = z.object({ id: ScheduledIdParam });

const listRoute = pageRoute("get", "/v1/scheduled", {
  operationId: "listScheduled",
  summary: "Your scheduled messages",
  description:
    "Of all conversations, in the order in which they are due. Refused ones have `failed`, and are kept for a week.",
  request: { query: ListQuery },
  responses: {
    200: jsonAnswer("A page", ScheduledPage),
    ...problems("validation_failed"),
  },
});

const getRoute = lightRoute("get", "/v1/scheduled/{id}", {
  operationId: "getScheduled",
  summary: "A scheduled message",
  description: "One that is sent, or is not yours, is `not_found`.",
  request: { params },
  responses: {
    200: jsonAnswer("The scheduled message", Scheduled),
    ...problems("not_found"),
  },
});

const changeRoute = lightRoute("patch", "/v1/scheduled/{id}", {
  operationId: "changeScheduled",
  summary: "Change a scheduled message",
  description:
    "Its time, its content (`kind` and `body` together), its mentions, its quote; what is absent stays. Once it is due it cannot be changed: `conflict`, and after it is sent `not_found`. One that has failed waits again with a new `send_at`.",
  request: {
    params,
    body: jsonBody(ScheduledChange),
  },
  responses: {
    200: jsonAnswer("The changed message", Scheduled),
    ...problems("not_found", "conflict", "quota", "full"),
  },
});

const deleteRoute = lightRoute("delete", "/v1/scheduled/{id}", {
  operationId: "deleteScheduled",
  summary: "Delete a scheduled message",
  description:
    "It will not be sent. Once it is due it cannot be deleted: `conflict`, and after it is sent `not_found`.",
  request: { params },
  responses: { 204: { description: "Deleted" }, ...problems("not_found", "conflict") },
});

export const scheduled = v1Router()
  .openapi(listRoute, async (c) => {
    const page = await listScheduled(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json(serializePage(page, serializeScheduled), 200);
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
