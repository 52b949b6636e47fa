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
} from "../../../core/server/hooks.ts";
import { ConversationId } from "../../../domain/ids.ts";
import { ConversationRefJson } from "../../../domain/server/conversation-ref.ts";
import {
  HookEventType,
  HookId,
  HookState,
  MAX_HOOK_CONVERSATIONS,
  SENDING,
  type Hook as ServedHook,
} from "../../../domain/server/hook.ts";
import { Time } from "../common.ts";
import { problems } from "../problems.ts";
import { jsonAnswer, jsonBody, serverRoutes } from "../route.ts";
import { v1Router } from "../router.ts";

const Events = z
  .array(z.enum([...HookEventType.options, "*", SENDING]))
  .min(1)
  .openapi({
    description:
      "What the hook is told of; `*`: everything, events of later releases too. `message.sending` alone: it is asked before a message is stored or edited",
  });

const GATE = {
  timeout_ms: z.int().min(100).max(1_500).optional().openapi({
    description: "Of `message.sending`: how long an answer may take; 1,000 if absent",
  }),
  on_failure: z.enum(["allow", "refuse"]).optional().openapi({
    description: "Of `message.sending`: whether a message is stored without an answer; `allow` if absent",
  }),
};

const ConversationRef = ConversationRefJson.clone().openapi("ConversationRef", {
  type: ["integer", "string"],
  description: "A conversation: the `id`, or `ext:` and your own id of it",
  example: "ext:course-7",
});

const Conversations = z
  .array(z.lazy(() => ConversationRef))
  .min(1)
  .max(MAX_HOOK_CONVERSATIONS)
  .openapi({ description: "The only conversations that it is told of. Without them: all, and users" });

const Url = z.string().max(2_048).openapi({
  description:
    "https, a name that leads to public addresses, port 443 or one above 1023. Redirects are not followed",
});

const NewHook = z
  .object({ url: Url, events: Events, conversations: Conversations.optional(), ...GATE })
  .openapi("NewHook");

const HookChange = z
  .object({
    url: Url.optional(),
    events: Events.optional(),
    conversations: Conversations.nullable().optional(),
    ...GATE,
    state: z.literal("active").optional().openapi({
      description: "Makes a hook active again that was disabled: it goes on with the event that had failed",
    }),
  })
  .openapi("HookChange");

export const Hook = z
  .object({
    id: HookId,
    url: z.string(),
    events: Events,
    conversations: z.array(ConversationId).nullable(),
    ...GATE,
    state: HookState.clone().openapi({
      description: "`disabled`: three days without a success. `gone`: it has answered 410",
    }),
    created_at: Time,
    last_success_at: Time.nullable().openapi({ description: "Noted once an hour; null: never" }),
  })
  .openapi("Hook", { description: "An address of the team's backend that is told of what happens" });

export const Hooks = z.object({ items: z.array(Hook) }).openapi("Hooks");

const Secret = z.string().openapi({
  description: "`whsec_` and 32 bytes in base64: verify calls with it. It is shown once",
});

export const CreatedHook = z.object({ ...Hook.shape, secret: Secret }).openapi("CreatedHook");

export const RotatedHook = z.object({ secret: Secret }).openapi("RotatedHook");

export const HookTest = z
  .object({
    status: z.int().nullable().openapi({ description: "Of the answer; null: there was none" }),
    detail: z.string(),
  })
  .openapi("HookTest");

const HookReplay = z
  .object({ since: Time.openapi({ description: "What came since then is told again" }) })
  .openapi("HookReplay");

export const FailedDeliveries = z
  .object({
    items: z.array(
      z.object({
        id: z.string().openapi({ description: "The `webhook-id`" }),
        type: HookEventType,
        conversation_id: ConversationId.nullable(),
        tries: z.int(),
        status: z.int().nullable().openapi({ description: "Of the last answer; null: there was none" }),
        error: z.string(),
        failed_at: Time,
        next_at: Time.openapi({ description: "When it is tried again, unless the hook has ended" }),
      }),
    ),
  })
  .openapi("FailedDeliveries");

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
