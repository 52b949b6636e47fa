import {
  createIncomingHook,
  deleteIncomingHook,
  listIncomingHooks,
  rotateIncomingHook,
} from "../../../../core/groups/incoming-hooks.ts";
import { ConversationParams } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../../route.ts";
import { v1Router } from "../../router.ts";
import {
  IncomingHookIdParam,
  IncomingHooks,
  IncomingHookWithUrl,
  NewIncomingHook,
} from "../../schemas/incoming-hooks.ts";
import { serializeIncomingHook, serializeWithUrl } from "../../serialize/groups.ts";

const route = callerRoutes("Hooks in");

const ofHook = ConversationParams.extend({ hook: IncomingHookIdParam });

const createRoute = route("post", "/v1/conversations/{id}/hooks", {
  operationId: "createIncomingHook",
  summary: "Let another service post messages",
  description:
    "For the owner and admins. The answer has a URL: what a service posts to it becomes a message of the group, by the name and the avatar of the hook. It posts by your right: while you are no admin, or are suspended, it takes nothing. A group has at most 10 hooks: else `conflict`. Repeating the call makes another one.",
  request: { params: ConversationParams, body: jsonBody(NewIncomingHook) },
  responses: {
    201: jsonAnswer("The hook, with its URL", IncomingHookWithUrl),
    ...problems("forbidden", "refused", "not_found", "conflict"),
  },
});

const listRoute = route("get", "/v1/conversations/{id}/hooks", {
  operationId: "listIncomingHooks",
  summary: "Incoming hooks of a group",
  description: "The oldest first, without their URLs. For the owner and admins.",
  request: { params: ConversationParams },
  responses: {
    200: jsonAnswer("All hooks", IncomingHooks),
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const rotateRoute = route("post", "/v1/conversations/{id}/hooks/{hook}/rotate", {
  operationId: "rotateIncomingHook",
  summary: "Replace the URL of an incoming hook",
  description:
    "For the owner and admins. What is posted to the former URL is refused at once. You answer for the hook from then on: so an admin takes over one that is `waiting`.",
  request: { params: ofHook },
  responses: {
    200: jsonAnswer("The hook, with its new URL", IncomingHookWithUrl),
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const deleteRoute = route("delete", "/v1/conversations/{id}/hooks/{hook}", {
  operationId: "deleteIncomingHook",
  summary: "Delete an incoming hook",
  description:
    "For the owner and admins. What is posted to its URL is refused at once; its messages stay. Without such a hook nothing changes.",
  request: { params: ofHook },
  responses: {
    204: { description: "There is no such hook" },
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

/** Where this server was asked. */
const originOf = (url: string) => new URL(url).origin;

export const incomingHooks = v1Router()
  .openapi(createRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { name, avatar = "" } = c.req.valid("json");
    const made = await createIncomingHook(c.var.core, c.var.caller.userId, id, { name, avatar });
    return c.json(serializeWithUrl(made, originOf(c.req.url)), 201);
  })
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const found = await listIncomingHooks(c.var.core, c.var.caller.userId, id);
    return c.json({ items: found.map(serializeIncomingHook) }, 200);
  })
  .openapi(rotateRoute, async (c) => {
    const { id, hook } = c.req.valid("param");
    const rotated = await rotateIncomingHook(c.var.core, c.var.caller.userId, id, hook);
    return c.json(serializeWithUrl(rotated, originOf(c.req.url)), 200);
  })
  .openapi(deleteRoute, async (c) => {
    const { id, hook } = c.req.valid("param");
    await deleteIncomingHook(c.var.core, c.var.caller.userId, id, hook);
    return c.body(null, 204);
  });
