import { registerPushDevice } from "../../../core/push/registration.ts";
import { CoreError } from "../../../domain/errors.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { ConversationParams } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody, ownRoutes } from "../route.ts";
import { v1Router } from "../router.ts";
import {
  NewPushDevice,
  PushDevice,
  PushDeviceParams,
  PushKey,
  PushLevelInput,
  PushSettings,
  QuietHours,
} from "../schemas/push.ts";
import { serializePushDevice, serializePushSettings } from "../serialize/devices/push.ts";

const deviceRoute = ownRoutes("Push");
const lightRoute = callerRoutes("Push");
const pageRoute = callerRoutes("Push", weighs("page"));

const putRoute = deviceRoute("put", "/v1/push/{device_id}", {
  operationId: "putPushDevice",
  summary: "Register this device for pushes",
  description:
    "It is pushed what counts as unread while nobody looks, until its session ends; /docs/push has what it is sent. Repeat it at each start of the client: a subscription changes. Another device of the same endpoint or token is replaced. One more than 10 is a `conflict`.",
  request: { params: PushDeviceParams, body: jsonBody(NewPushDevice) },
  responses: {
    200: jsonAnswer("The device", PushDevice),
    ...problems("validation_failed", "forbidden", "conflict", "full"),
  },
});

const deleteRoute = deviceRoute("delete", "/v1/push/{device_id}", {
  operationId: "deletePushDevice",
  summary: "Push to a device no more",
  description: "Repeating this is no error.",
  request: { params: PushDeviceParams },
  responses: { 204: { description: "Done" }, ...problems("validation_failed", "forbidden") },
});

const settingsRoute = pageRoute("get", "/v1/push", {
  operationId: "getPushSettings",
  summary: "Your push devices, levels and quiet hours",
  responses: { 200: jsonAnswer("What you have chosen", PushSettings) },
});

const keyRoute = lightRoute("get", "/v1/push/key", {
  operationId: "getPushKey",
  summary: "The key with which browsers subscribe",
  description: "`not_found` where the operator has not set up Web Push.",
  responses: { 200: jsonAnswer("The public key of the server (VAPID)", PushKey), ...problems("not_found") },
});

const levelRoute = lightRoute("put", "/v1/conversations/{id}/push-level", {
  operationId: "setPushLevel",
  summary: "Choose which messages of a conversation are pushed",
  description:
    "`all`: those that count as unread. `mentions`: those that mention you, or everybody. `nothing`. A muted conversation is pushed nothing whatever its level. Repeating this is no error.",
  request: { params: ConversationParams, body: jsonBody(PushLevelInput) },
  responses: { 204: { description: "Done" }, ...problems("not_found", "conflict", "full") },
});

const hoursRoute = lightRoute("put", "/v1/me/quiet-hours", {
  operationId: "setQuietHours",
  summary: "Be pushed nothing in some hours of each day",
  description: "What comes in these hours is not pushed later either. Repeating this is no error.",
  request: { body: jsonBody(QuietHours) },
  responses: { 204: { description: "Done" } },
});

const noHoursRoute = lightRoute("delete", "/v1/me/quiet-hours", {
  operationId: "deleteQuietHours",
  summary: "Be pushed at any time",
  description: "Repeating this is no error.",
  responses: { 204: { description: "Done" } },
});

export const push = v1Router()
  .openapi(keyRoute, async (c) => {
    const { vapid } = c.var.core.settings.push;
    if (!vapid) throw new CoreError("not_found", "This server has no Web Push: it has no VAPID keys.");
    return c.json({ public_key: vapid.publicKey }, 200);
  })
  .openapi(settingsRoute, async (c) => {
    return c.json(serializePushSettings(await c.var.core.inboxes.pushSettings(c.var.caller.userId)), 200);
  })
  .openapi(putRoute, async (c) => {
    const { device_id: id } = c.req.valid("param");
    const { content, language = null, ...target } = c.req.valid("json");
    const registration = { id, target, content, language };
    return c.json(serializePushDevice(await registerPushDevice(c.var.core, c.var.caller, registration)), 200);
  })
  .openapi(deleteRoute, async (c) => {
    await c.var.core.inboxes.deletePushDevice(c.var.caller.userId, { id: c.req.valid("param").device_id });
    return c.body(null, 204);
  })
  .openapi(levelRoute, async (c) => {
    const { id: conversationId } = c.req.valid("param");
    const { level } = c.req.valid("json");
    await c.var.core.inboxes.setPushLevel(c.var.caller.userId, { conversationId, level });
    return c.body(null, 204);
  })
  .openapi(hoursRoute, async (c) => {
    const { time_zone: timeZone, ...hours } = c.req.valid("json");
    await c.var.core.inboxes.setQuietHours(c.var.caller.userId, { hours: { ...hours, timeZone } });
    return c.body(null, 204);
  })
  .openapi(noHoursRoute, async (c) => {
    await c.var.core.inboxes.setQuietHours(c.var.caller.userId, { hours: null });
    return c.body(null, 204);
  });
