import { z } from "@hono/zod-openapi";
import {
  createIncomingHook,
  deleteIncomingHook,
  listIncomingHooks,
  rotateIncomingHook,
} from "../../../core/groups/incoming-hooks.ts";
import {
  type IncomingHook as DomainIncomingHook,
  IncomingHookName,
  type IncomingHookWithSecret,
} from "../../../domain/conversations/incoming-hook.ts";
import { httpUrl } from "../../../domain/http-url.ts";
import { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { ConversationParams, Time } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";

const ID = "4f2-9b1c0e7d5a3f4826";

/** Any text: one that is no id names no hook. */
const IncomingHookIdParam = z.string().openapi({ example: ID });

const NewIncomingHook = z
  .object({
    name: IncomingHookName.meta({
      description: "Its messages are shown under it, unless they name another one",
      example: "Builds",
    }),
    avatar: z
      .union([z.literal(""), httpUrl(LIMITS.url, "must be an http(s) URL")])
      .optional()
      .openapi({ description: "An http(s) URL; empty or absent: none" }),
  })
  .openapi("NewIncomingHook", { example: { name: "Builds" } });

const IncomingHook = z
  .object({
    id: z.string().openapi({ example: ID }),
    name: z.string(),
    avatar: z.string(),
    created_by: UserId.meta({
      description: "Who answers for it: its maker, or who has given it its newest URL",
    }),
    created_at: Time,
    waiting: z.boolean().openapi({
      description:
        "That user is no admin of the group any more: what is posted is refused until another admin gives the hook a new URL",
    }),
  })
  .openapi("IncomingHook");

const IncomingHookWithUrl = z
  .object({
    ...IncomingHook.shape,
    url: z.string().openapi({
      description:
        "Where the service posts. Whoever has it can write in the group: show it to nobody else. No other call shows it again",
      example: `https://chat.example.org/hooks/${ID}/5f0c7d1e2b3a49588d6e7f8091a2b3c4`,
    }),
  })
  .openapi("IncomingHookWithUrl");

const IncomingHooks = z
  .object({ items: z.array(IncomingHook).max(LIMITS.incomingHooks) })
  .openapi("IncomingHooks");

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

/** An incoming hook as v1 shows it to the owner and admins. */
function serializeIncomingHook(hook: DomainIncomingHook): z.infer<typeof IncomingHook> {
  const { id, name, avatar, createdBy, createdAt, waiting } = hook;
  return { id, name, avatar, created_by: createdBy, created_at: createdAt, waiting };
}

/** The same with its URL, once. @param origin of this server */
function serializeWithUrl(hook: IncomingHookWithSecret, origin: string): z.infer<typeof IncomingHookWithUrl> {
  return { ...serializeIncomingHook(hook), url: `${origin}/hooks/${hook.id}/${hook.secret}` };
}
