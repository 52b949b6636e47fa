import { z } from "@hono/zod-openapi";
import { ConversationId } from "../../../domain/ids.ts";
import { PushContent, PushDeviceId, PushLevel, PushTarget } from "../../../domain/push/device.ts";
import { isTimeZone } from "../../../lib/time-zone.ts";
import { orNull, Time } from "../common.ts";

export const PushDeviceParams = z.object({
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
export const NewPushDevice = z
  .discriminatedUnion("kind", [WebPush.extend(wishes), Fcm.extend(wishes), Expo.extend(wishes)])
  .openapi("NewPushDevice");

export const PushDevice = z
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

export const PushLevelInput = z.object({ level: PushLevel }).openapi("PushLevelInput");

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be like 22:00");

export const QuietHours = z
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

export const PushSettings = z
  .object({
    devices: z.array(PushDevice),
    levels: z
      .array(z.object({ conversation_id: ConversationId, level: PushLevel }))
      .openapi({ description: "Of the conversations whose level is not `all`" }),
    quiet_hours: orNull(QuietHours),
  })
  .openapi("PushSettings");

export const PushKey = z
  .object({
    public_key: z.string().openapi({
      description: "`applicationServerKey` of `PushManager.subscribe`: a point on P-256 in base64url",
    }),
  })
  .openapi("PushKey");
