import { z } from "@hono/zod-openapi";
import {
  allHooks,
  changeHook,
  createHook,
  failedDeliveries,
  hookOf,
  removeHook,
  replayHook,
  rotateSecret,
  testHook,
} from "../../../../core/server/hooks.ts";
import { ConversationId } from "../../../../domain/ids.ts";
import type { Hook as ServedHook } from "../../../../domain/server/hook.ts";
import { problems } from "../../problems.ts";
import { jsonAnswer, jsonBody, serverRoutes } from "../../route.ts";
import { v1Router } from "../../router.ts";
import {
  CreatedHook,
  FailedDeliveries,
  Hook,
  HookChange,
  HookReplay,
  Hooks,
  HookTest,
  NewHook,
  RotatedHook,
} from "../../schemas/server/hooks.ts";

const hookRoute = serverRoutes("hooks");
const params = z.object({ id: z.string() });

const listRoute = hookRoute("get", "/v1/server/hooks", {
  operationId: "listHooks",
  summary: "The hooks",
  description: "The newest first, without their secrets.",
  responses: { 200: jsonAnswer("The hooks", Hooks) },
});

const createRoute = hookRoute("post", "/v1/server/hooks", {
  operationId: "createHook",
  summary: "Make a hook",
  description: "It is told of what happens from now on. `secret` of the answer is shown once.",
  request: { body: jsonBody(NewHook) },
  responses: { 201: jsonAnswer("The hook, with its secret", CreatedHook), ...problems("conflict") },
});

const getRoute = hookRoute("get", "/v1/server/hooks/{id}", {
  operationId: "getHook",
  summary: "A hook",
  request: { params },
  responses: { 200: jsonAnswer("The hook", Hook), ...problems("not_found") },
});

const changeRoute = hookRoute("patch", "/v1/server/hooks/{id}", {
  operationId: "changeHook",
  summary: "Change a hook",
  description: "Only given fields change. `conversations: null`: it is told of all.",
  request: { params, body: jsonBody(HookChange) },
  responses: { 200: jsonAnswer("The hook", Hook), ...problems("not_found") },
});

const deleteRoute = hookRoute("delete", "/v1/server/hooks/{id}", {
  operationId: "deleteHook",
  summary: "Delete a hook",
  request: { params },
  responses: { 204: { description: "The hook is called no more" }, ...problems("not_found") },
});

const testRoute = hookRoute("post", "/v1/server/hooks/{id}/test", {
  operationId: "testHook",
  summary: "Try a hook",
  description: "Calls it once, with an event of the type `test`.",
  request: { params },
  responses: { 200: jsonAnswer("What came of it", HookTest), ...problems("not_found") },
});

const rotateRoute = hookRoute("post", "/v1/server/hooks/{id}/rotate", {
  operationId: "rotateHookSecret",
  summary: "Give a hook a new secret",
  description: "For 24 h both secrets sign.",
  request: { params },
  responses: { 200: jsonAnswer("The new secret", RotatedHook), ...problems("not_found") },
});

const failedRoute = hookRoute("get", "/v1/server/hooks/{id}/deliveries", {
  operationId: "listFailedDeliveries",
  summary: "The deliveries of a hook that failed",
  description:
    "The event at which each conversation waits, 100 of them at most. What comes behind it waits, too.",
  request: { params, query: z.object({ state: z.literal("failed") }) },
  responses: {
    200: jsonAnswer("The events whose last try failed", FailedDeliveries),
    ...problems("validation_failed", "not_found"),
  },
});

const replayRoute = hookRoute("post", "/v1/server/hooks/{id}/replay", {
  operationId: "replayHook",
  summary: "Tell a hook again",
  description:
    "What came since a time is told again, in the order of each conversation, under the same `webhook-id`s. Messages are as they are now. Changes from up to an hour before may be told, too.",
  request: { params, body: jsonBody(HookReplay) },
  responses: { 202: { description: "It is under way" }, ...problems("not_found") },
});

export const serverHooks = v1Router()
  .openapi(listRoute, async (c) => {
    const items = await allHooks(c.var.core);
    return c.json({ items: items.map(serializeHook) }, 200);
  })
  .openapi(createRoute, async (c) => {
    const { url, events, conversations = null, timeout_ms, on_failure } = c.req.valid("json");
    const gate = { timeoutMs: timeout_ms, onFailure: on_failure };
    const { hook, secret } = await createHook(c.var.core, { url, events, conversations }, gate);
    return c.json({ ...serializeHook(hook), secret }, 201);
  })
  .openapi(getRoute, async (c) => {
    return c.json(serializeHook(await hookOf(c.var.core, c.req.valid("param").id)), 200);
  })
  .openapi(changeRoute, async (c) => {
    const { url, events, conversations, state, timeout_ms, on_failure } = c.req.valid("json");
    const change = {
      ...(url !== undefined && { url }),
      ...(events !== undefined && { events }),
      ...(conversations !== undefined && { conversations }),
      ...(state !== undefined && { state }),
    };
    const gate = { timeoutMs: timeout_ms, onFailure: on_failure };
    const hook = await changeHook(c.var.core, c.req.valid("param").id, change, gate);
    return c.json(serializeHook(hook), 200);
  })
  .openapi(deleteRoute, async (c) => {
    await removeHook(c.var.core, c.req.valid("param").id);
    return c.body(null, 204);
  })
  .openapi(testRoute, async (c) => c.json(await testHook(c.var.core, c.req.valid("param").id), 200))
  .openapi(rotateRoute, async (c) => {
    return c.json({ secret: await rotateSecret(c.var.core, c.req.valid("param").id) }, 200);
  })
  .openapi(failedRoute, async (c) => {
    const failures = await failedDeliveries(c.var.core, c.req.valid("param").id);
    const items = failures.map(({ subject, failedAt, nextAt, ...failure }) => {
      const conversation_id = ConversationId.safeParse(Number(/^c(\d+)$/.exec(subject)?.[1])).data ?? null;
      return { ...failure, conversation_id, failed_at: failedAt, next_at: nextAt };
    });
    return c.json({ items }, 200);
  })
  .openapi(replayRoute, async (c) => {
    await replayHook(c.var.core, c.req.valid("param").id, c.req.valid("json").since);
    return c.body(null, 202);
  });

function serializeHook({ createdAt, lastSuccessAt, gate, ...hook }: ServedHook): z.infer<typeof Hook> {
  return {
    ...hook,
    ...(gate && { timeout_ms: gate.timeoutMs, on_failure: gate.onFailure }),
    created_at: createdAt,
    last_success_at: lastSuccessAt,
  };
}
