import type { PushOutcome } from "../../domain/ports.ts";
import type { OutgoingCall } from "../../lib/outgoing/guarded-fetch.ts";

/** A request to a push service. */
export type PushRequest = Required<Pick<OutgoingCall, "url" | "headers" | "body">>;

/** The answer of a push service. `json`: of FCM and Expo; undefined: none. */
export interface PushAnswer {
  status: number;
  /** null: the service does not say */
  retryAfterMs: number | null;
  json: unknown;
}

/** What a status says, where it says all. @see RFC 8030, 5 and 7.3 */
export function statusOutcome({ status, retryAfterMs }: Omit<PushAnswer, "json">): PushOutcome {
  if (status >= 200 && status < 300) return { is: "sent" };
  if (status === 404 || status === 410) return { is: "gone" };
  if (status === 429 || status >= 500) return { is: "later", afterMs: retryAfterMs };
  return { is: "refused", status };
}
