import { CoreError, type Failure } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { DeviceSocket } from "./device-socket.ts";

/**
 * @returns the failure that a client gets for an error: a refusal as it is; `unavailable` for a bug or an
 *   object that cannot be reached, which is logged and may be retried
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof CoreError) return error.toFailure();
  log("error", "device_frame_failed", errorFields(error));
  return { ok: false, code: "unavailable", detail: "This could not be done right now. Try again." };
}

/** Runs a call of a socket to a conversation. A failure is sent to the socket; never rejects. */
export async function attempt(
  socket: DeviceSocket,
  conversationId: ConversationId,
  call: () => Promise<unknown>,
): Promise<void> {
  try {
    await call();
  } catch (error) {
    socket.refuse(failureOf(error), { conversationId });
  }
}

/** The refusal of a request that the full backlog does not admit. */
export const TOO_MUCH: Failure = {
  ok: false,
  code: "rate_limited",
  detail: "Too much of what your devices ask for waits for conversations to answer. Try again in a second.",
  data: { retryAfter: 1 },
};
