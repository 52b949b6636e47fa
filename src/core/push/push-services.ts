import type { Push, PushOutcome, PushServices } from "../../domain/ports.ts";
import type { PushTarget } from "../../domain/push/device.ts";
import type { Settings } from "../../domain/settings.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { guardedFetch, NoAnswerError } from "../../lib/outgoing/guarded-fetch.ts";
import { type PushAnswer, type PushRequest, statusOutcome } from "./answer.ts";
import { expoOutcome, expoRequest } from "./expo.ts";
import { FcmTokens, fcmOutcome, fcmRequest } from "./fcm.ts";
import { isPushEndpoint, webPushRequest } from "./web-push.ts";

/** Of an answer that is read: a ticket of Expo, an error of FCM. */
const MAX_ANSWER = 16 * 1024;

/** The tokens of FCM, by their service account: all inboxes of an isolate share them. */
const fcmTokens = new FcmTokens();

/** The ways to push services that these settings open. */
export function pushServices(settings: Settings, timing: Timing): PushServices {
  const call = async (request: PushRequest): Promise<PushAnswer> => {
    const { answerMs } = timing.push;
    const outgoing = { ...request, method: "POST", timeoutMs: answerMs, maxBytes: MAX_ANSWER } as const;
    const { status, headers, body } = await guardedFetch(outgoing, settings.wayOut);
    return { status, retryAfterMs: retryAfterOf(headers), json: jsonOf(body) };
  };

  async function outcomeOf(target: PushTarget, push: Push): Promise<PushOutcome> {
    const { fcm, vapid } = settings.push;
    switch (target.kind) {
      case "webpush":
        if (!vapid || !isPushEndpoint(target.endpoint, settings)) return NOT_SET_UP;
        return statusOutcome(await call(await webPushRequest(target, push, vapid)));
      case "fcm": {
        if (!fcm) return NOT_SET_UP;
        const token = await fcmTokens.get(fcm, call);
        return token === null ? LATER : fcmOutcome(await call(fcmRequest(target, push, fcm, token)));
      }
      case "expo":
        return expoOutcome(await call(expoRequest(target, push)));
    }
  }

  return {
    async send(target, push) {
      try {
        return await outcomeOf(target, push);
      } catch (error) {
        if (!(error instanceof NoAnswerError))
          log("error", "push_failed", { kind: target.kind, ...errorFields(error) });
        return { is: "unknown" };
      }
    },
  };
}

const LATER: PushOutcome = { is: "later", afterMs: null };
/** The operator has taken the keys away since the device was registered. */
const NOT_SET_UP: PushOutcome = { is: "refused", status: 0 };

/** `Retry-After` in seconds, or as a date. */
function retryAfterOf(headers: Headers): number | null {
  const text = headers.get("Retry-After");
  if (text === null) return null;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS) : null;
}

/** No push is tried for longer. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60_000;

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
