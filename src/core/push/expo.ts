import { z } from "zod";
import type { Push, PushOutcome } from "../../domain/ports.ts";
import type { PushTarget } from "../../domain/push/device.ts";
import { type PushAnswer, type PushRequest, statusOutcome } from "./answer.ts";

const URL = "https://exp.host/--/api/v2/push/send";

/** The ticket of one message. @see https://docs.expo.dev/push-notifications/sending-notifications/ */
const Ticket = z.object({
  data: z.object({
    status: z.enum(["ok", "error"]),
    details: z.object({ error: z.string().optional() }).optional(),
  }),
});

/** A push for an app of Expo. A `clear` has no title: the app takes it as data. */
export function expoRequest(
  { token }: Extract<PushTarget, { kind: "expo" }>,
  { payload, topic, ttlS, urgency }: Push,
): PushRequest {
  const { title, text, badge, ...data } = payload;
  const shown =
    payload.kind === "clear" ? { _contentAvailable: true } : { title, body: text, sound: "default" };
  const priority = urgency === "high" ? "high" : "default";
  const message = { to: token, ...shown, badge, ttl: ttlS, priority, collapseId: topic, tag: topic };
  return {
    url: URL,
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ ...message, data: { ...data, badge } }),
  };
}

/** What an answer of Expo says: a message that is refused has status 200, too. */
export function expoOutcome(answer: PushAnswer): PushOutcome {
  const outcome = statusOutcome(answer);
  if (outcome.is === "gone") return { is: "refused", status: answer.status };
  const ticket = Ticket.safeParse(answer.json);
  if (outcome.is !== "sent" || !ticket.success || ticket.data.data.status === "ok") return outcome;
  switch (ticket.data.data.details?.error) {
    case "DeviceNotRegistered":
      return { is: "gone" };
    case "MessageRateExceeded":
      return { is: "later", afterMs: null };
    default:
      return { is: "refused", status: answer.status };
  }
}
