import { invalid } from "../../domain/errors.ts";
import type { SessionId, UserId } from "../../domain/ids.ts";
import type { PushRegistration, PushTarget, ShownPushDevice } from "../../domain/push/device.ts";
import type { Settings } from "../../domain/settings.ts";
import type { Core } from "../context.ts";
import { isPushEndpoint } from "./web-push.ts";

/**
 * Registers a push device of the caller for the length of their session, or changes it. Idempotent.
 * @throws `validation_failed` for a kind that the operator has not set up, and for an endpoint at a host that
 *   is no push service; `conflict` for too many devices
 */
export async function registerPushDevice(
  { inboxes, settings }: Core,
  { userId, sessionId }: { userId: UserId; sessionId: SessionId },
  registration: PushRegistration,
): Promise<ShownPushDevice> {
  requireReachable(registration.target, settings);
  return inboxes.putPushDevice(userId, { ...registration, sessionId });
}

function requireReachable(target: PushTarget, settings: Settings): void {
  const { fcm, vapid } = settings.push;
  if ((target.kind === "webpush" && !vapid) || (target.kind === "fcm" && !fcm))
    throw invalid("body.kind", "is not set up here: the operator has given the server no keys for it");
  if (target.kind === "webpush" && !isPushEndpoint(target.endpoint, settings))
    throw invalid("body.endpoint", "must be of the push service of a browser, or of PUSH_HOSTS");
}
