import { z } from "zod";
import type { ConversationId } from "../ids.ts";

/** A push device: an installation of a client that is reached while it has no socket. Its client names it. */
export const PushDeviceId = z
  .string()
  .regex(/^[\w.~-]{1,64}$/, "must be 1 to 64 of the characters A-Z a-z 0-9 . _ ~ -")
  .brand<"PushDeviceId">();
export type PushDeviceId = z.infer<typeof PushDeviceId>;

/** A subscription of a browser (`PushSubscription.toJSON()`): a point on P-256 and 16 bytes, in base64url. */
const WebPushTarget = z.object({
  kind: z.literal("webpush"),
  endpoint: z.url({ protocol: /^https?$/, error: "must be the endpoint of a subscription" }).max(2_048),
  keys: z.object({
    p256dh: z.string().regex(/^B[A-P][\w-]{85}=?$/, "must be the 65 bytes of a P-256 point in base64url"),
    auth: z.string().regex(/^[\w-]{22}(==)?$/, "must be 16 bytes in base64url"),
  }),
});

/** Where a device is pushed to. Whoever has it can push to the device: it is in no answer and no log. */
export const PushTarget = z.discriminatedUnion("kind", [
  WebPushTarget,
  z.object({ kind: z.literal("fcm"), token: z.string().min(1).max(4_096) }),
  z.object({
    kind: z.literal("expo"),
    token: z.string().regex(/^Expo(nent)?PushToken\[[\w-]{1,128}\]$/, "must be like ExponentPushToken[…]"),
  }),
]);
export type PushTarget = z.infer<typeof PushTarget>;
export type WebPushTarget = z.infer<typeof WebPushTarget>;

/** The ways to devices. */
type PushKind = PushTarget["kind"];

/** What a push shows: sender and text, the sender alone, or that there is a message. */
export const PushContent = z
  .enum(["full", "sender", "none"])
  .meta({ description: "What a push shows: sender and text, the sender alone, or that there is something" });
export type PushContent = z.infer<typeof PushContent>;

/** What a client states of its device. */
export interface PushRegistration {
  id: PushDeviceId;
  target: PushTarget;
  content: PushContent;
  /** a BCP 47 tag; null: English */
  language: string | null;
}

/** A device as its user is shown it: without its target. */
export interface ShownPushDevice extends Omit<PushRegistration, "target"> {
  kind: PushKind;
  createdAt: number;
}

/** Which messages of a conversation are pushed. */
export const PushLevel = z
  .enum(["all", "mentions", "nothing"])
  .meta({ description: "Which messages of a conversation are pushed" });
export type PushLevel = z.infer<typeof PushLevel>;

/** The level of a conversation that its user has chosen. */
export interface ChosenLevel {
  conversationId: ConversationId;
  level: PushLevel;
}

const ClockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be like 22:00");

/** The hours of each day in which nothing is pushed, by the clock of a time zone. */
export const QuietHours = z.object({
  from: ClockTime,
  to: ClockTime,
  timeZone: z.string().max(64),
});
export type QuietHours = z.infer<typeof QuietHours>;

/** What a user has chosen of pushes. */
export interface PushSettings {
  devices: ShownPushDevice[];
  levels: ChosenLevel[];
  quietHours: QuietHours | null;
}

/** Whether a time (ms since 1970) is in the quiet hours. `from` equal to `to`: the whole day. */
export function isQuietAt({ from, to, timeZone }: QuietHours, time: number): boolean {
  const format = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  });
  const now = format.format(time);
  return from < to ? now >= from && now < to : now >= from || now < to;
}
