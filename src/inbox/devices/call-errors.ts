import { CoreError, type Failure } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { DeviceSocket } from "./device-socket.ts";

/** What a client is told of a call that failed: a bug, or a lost object, is no refusal and may be tried again. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CoreError) return error.toFailure();
  log("error", "device_frame_failed", errorFields(error));
  return { ok: false, code: "unavailable", detail: "This could not be done right now. Try again." };
}

/** Does what a socket asks of a conversation; what that refuses is told to the socket. */
export async function attempt(
  socket: DeviceSocket,
  conversationId: ConversationId,
  ask: () => Promise<unknown>,
): Promise<void> {
  try {
    await ask();
  } catch (error) {
    socket.refuse(failureOf(error), { conversationId });
  }
}

/** The refusal of what finds no room to wait in. */
export const TOO_MUCH: Failure = {
  ok: false,
  code: "rate_limited",
  detail: "Too much of what your devices ask for waits for conversations to answer. Try again in a second.",
  data: { retryAfter: 1 },
};
