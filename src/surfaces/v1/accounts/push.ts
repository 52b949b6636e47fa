import { z } from "@hono/zod-openapi";
import { registerPushDevice } from "../../../core/push/registration.ts";
import { CoreError } from "../../../domain/errors.ts";
import { ConversationId } from "../../../domain/ids.ts";
import {
  PushContent,
  PushDeviceId,
  PushLevel,
  PushTarget,
  type PushSettings as Settings,
  type ShownPushDevice,
} from "../../../domain/push/device.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { isTimeZone } from "../../../lib/time-zone.ts";
import { ConversationParams, orNull, Time } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody, ownRoutes } from "../route.ts";
import { v1Router } from "../router.ts";

const PushDeviceParams = z.object({
  device_id: PushDeviceId.openapi({
    description: "The client's name of this installation: a random id that it keeps",
    example: "5b0c1d2e-laptop",
  }),
});

const language = z
  .string()
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/, "must be a tag like en or zh-Hans");

const wishes = {
  content: PushContent.default("full"),
  language: language.optional().openapi({
    description: "A BCP 47 tag, of the words that the server adds; absent: English",
    example: "en",
  }),
};

/** The options of `PushTarget`, each with the wishes of its device. */
const [WebPush, Fcm, Expo] = PushTarget.options;
const NewPushDevice = z
  .discriminatedUnion("kind", [WebPush.extend(wishes), Fcm.extend(wishes), Expo.extend(wishes)])
  .openapi("NewPushDevice");

const PushDevice = z
  .object({
    device_id: z.string(),
    kind: z.enum(["webpush", "fcm", "expo"]),
    content: PushContent,
    language: z.string().nullable(),
    created_at: Time,
  })
  .openapi("PushDevice", {
    description: "A device that is pushed to. Its endpoint or token is shown to nobody",
  });

const PushLevelInput = z.object({ level: PushLevel }).openapi("PushLevelInput");

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be like 22:00");

const QuietHours = z
  .object({
    from: clock.openapi({ example: "22:00" }),
    to: clock.openapi({
      description: "The first minute that is not quiet; before `from`: of the next day. Equal to it: all day",
      example: "07:00",
    }),
    time_zone: z
      .string()
      .max(64)
      .refine(isTimeZone, "must be a name of the IANA database, like Europe/Berlin")
      .openapi({ description: "A name of the IANA database", example: "Europe/Berlin" }),
  })
  .openapi("QuietHours", { description: "The hours of each day in which nothing is pushed" });

const PushSettings = z
  .object({
    devices: z.array(PushDevice),
    levels: z
      .array(z.object({ conversation_id: ConversationId, level: PushLevel }))
      .openapi({ description: "Of the conversations whose level is not `all`" }),
    quiet_hours: orNull(QuietHours),
  })
  .openapi("PushSettings");

const PushKey = z
  .object({
    public_key: z.string().openapi({
      description: "`applicationServerKey` of `PushManager.subscribe`: a point on P-256 in base64url",
    }),
  })
  .openapi("PushKey");

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

/** A push device, without its endpoint or token. */
function serializePushDevice(device: ShownPushDevice): z.infer<typeof PushDevice> {
  const { id, kind, content, language, createdAt } = device;
  return { device_id: id, kind, content, language, created_at: createdAt };
}

/** What a user has chosen of pushes. */
function serializePushSettings({ devices, levels, quietHours }: Settings): z.infer<typeof PushSettings> {
  return {
    devices: devices.map(serializePushDevice),
    levels: levels.map(({ conversationId, level }) => ({ conversation_id: conversationId, level })),
    quiet_hours: quietHours && {
      ...{ from: quietHours.from, to: quietHours.to, time_zone: quietHours.timeZone },
    },
  };
}
