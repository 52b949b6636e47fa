import type { UserId } from "../../domain/ids.ts";
import type { EndedSession } from "../../domain/ports.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { Core } from "../context.ts";

/**
 * Ends sessions of a user by a change of D1. The inbox is informed before the change, so that its job can
 * look up the outcome in D1: a crash leaves no socket open for longer than `sessionTermination.lookupMs`.
 * @param commit the change; its outcome is the sessions that it ended, or null if D1 has refused it
 * @returns whether D1 has changed
 */
export async function endSessionsWith(
  core: Core,
  userId: UserId,
  commit: () => Promise<EndedSession[] | null>,
): Promise<boolean> {
  const token = crypto.randomUUID();
  await core.inboxes.prepareSessionEnd(userId, { token });
  const sessions = await commit();
  if (!sessions) return false;
  for (const { sessionId } of sessions) core.sessionCache.forget(sessionId);
  // The change is committed: a failure from here on is left to the inbox's alarm job.
  await core.inboxes
    .endSessions(userId, { token, sessions })
    .catch((error: unknown) => log("warn", "session_end_failed", { user: userId, ...errorFields(error) }));
  return true;
}
