import { importPKCS8, SignJWT } from "jose";
import { z } from "zod";
import type { Push, PushOutcome } from "../../domain/ports.ts";
import type { PushTarget } from "../../domain/push/device.ts";
import type { FcmAccount } from "../../domain/settings.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { type PushAnswer, type PushRequest, statusOutcome } from "./answer.ts";

const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";
/** A token lasts an hour: it is kept for 50 minutes. */
const KEEP_MS = 50 * 60_000;

const TokenAnswer = z.object({ access_token: z.string() });
const FcmError = z.object({
  error: z.object({ details: z.array(z.looseObject({ errorCode: z.string().optional() })).optional() }),
});

type Call = (request: PushRequest) => Promise<PushAnswer>;

/**
 * The access tokens of service accounts. Objects of an isolate share them, but not the wait for one: a
 * promise of another object may never resolve.
 */
export class FcmTokens {
  readonly #known = new Map<string, { token: string; until: number }>();

  /** @returns null: Google gave none */
  async get(account: FcmAccount, call: Call): Promise<string | null> {
    const known = this.#known.get(account.clientEmail);
    if (known && known.until > Date.now()) return known.token;
    const token = await this.#ask(account, call);
    if (token !== null) this.#known.set(account.clientEmail, { token, until: Date.now() + KEEP_MS });
    return token;
  }

  async #ask({ clientEmail, privateKey, tokenUrl }: FcmAccount, call: Call): Promise<string | null> {
    try {
      const assertion = await new SignJWT({ scope: SCOPE })
        .setProtectedHeader({ alg: "RS256", typ: "JWT" })
        .setIssuer(clientEmail)
        .setAudience(tokenUrl)
        .setIssuedAt()
        .setExpirationTime("1h")
        .sign(await importPKCS8(privateKey, "RS256"));
      const grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
      const body = new URLSearchParams({ grant_type: grant, assertion }).toString();
      const headers = { "Content-Type": "application/x-www-form-urlencoded" };
      const { status, json } = await call({ url: tokenUrl, headers, body });
      const answer = TokenAnswer.safeParse(json);
      if (answer.success) return answer.data.access_token;
      log("warn", "push_token_failed", { status });
    } catch (error) {
      log("warn", "push_token_failed", errorFields(error));
    }
    return null;
  }
}

/** A push by HTTP v1 of FCM, which reaches iPhones by APNs. A `clear` is data alone. */
export function fcmRequest(
  { token }: Extract<PushTarget, { kind: "fcm" }>,
  { payload, topic, ttlS, urgency }: Push,
  { projectId, sendUrl }: FcmAccount,
  accessToken: string,
): PushRequest {
  const { title, text, badge } = payload;
  const isClear = payload.kind === "clear";
  const aps = { badge, ...(isClear ? { "content-available": 1 } : { sound: "default" }) };
  const message = {
    token,
    // FCM takes texts alone.
    data: Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, String(value)])),
    ...(!isClear && { notification: { title, body: text } }),
    android: {
      ...{ collapse_key: topic, ttl: `${ttlS}s`, priority: urgency === "high" ? "high" : "normal" },
      ...(!isClear && { notification: { tag: topic } }),
    },
    apns: {
      headers: {
        "apns-collapse-id": topic,
        "apns-expiration": String(Math.round(Date.now() / 1_000) + ttlS),
        "apns-priority": isClear ? "5" : "10",
      },
      payload: { aps },
    },
  };
  return {
    url: `${sendUrl}/v1/projects/${encodeURIComponent(projectId)}/messages:send`,
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ message }),
  };
}

/** What an answer of FCM says: 404 alone does not mean that the device is gone. */
export function fcmOutcome(answer: PushAnswer): PushOutcome {
  const outcome = statusOutcome(answer);
  const error = FcmError.safeParse(answer.json);
  const codes = error.success ? (error.data.error.details ?? []).map(({ errorCode }) => errorCode) : [];
  if (codes.includes("UNREGISTERED")) return { is: "gone" };
  return outcome.is === "gone" ? { is: "refused", status: answer.status } : outcome;
}
