import type { Credential } from "../../domain/accounts/session.ts";
import type { User } from "../../domain/accounts/user.ts";
import { CoreError, suspended } from "../../domain/errors.ts";
import type { SessionId, UserId } from "../../domain/ids.ts";
import { suspensionOf } from "../../storage/accounts/suspension.ts";
import {
  findRefreshable,
  type RefreshableSession,
  rotateRefreshToken,
} from "../../storage/server/refreshable-sessions.ts";
import { terminateSession } from "../accounts/sessions.ts";
import type { Core } from "../context.ts";

/**
 * A refresh token that this server once gave to a client of the session: hashes of it and of the next one.
 */
export interface UsedRefreshToken {
  sessionId: SessionId;
  hash: string;
  nextHash: string;
}

/**
 * Replaces a refresh token by the next one. A token that was used before ends its session, as a thief may
 * have had it, unless it comes again within `refreshRepeatMs`: then the answer was lost.
 * @returns the user, and the credential of a new access token
 * @throws `unauthenticated` for a token that is not valid; `suspended`
 */
export async function refreshSession(
  core: Core,
  { sessionId, hash, nextHash }: UsedRefreshToken,
): Promise<{ user: User; credential: Credential }> {
  const now = Date.now();
  let session = await findRefreshable(core.db, sessionId, now);
  if (!session) throw refreshRefused("its session has ended");
  requireNotSuspended(session.suspendedUntil);
  if (session.refreshHash === hash) {
    if (await rotateRefreshToken(core.db, sessionId, { used: hash, next: nextHash }, now))
      return { user: session.user, credential: accessTo(core, session) };
    // The same token was used at the same time, or the session has ended.
    session = await findRefreshable(core.db, sessionId, now);
    if (!session) throw refreshRefused("its session has ended");
  }
  if (isRepeat(core, session, hash, now)) return { user: session.user, credential: accessTo(core, session) };
  const { userId, expiresAt } = session;
  await terminateSession(core, { userId, sessionId, expiresAt });
  core.securityLog.record("refresh_reused", { user: userId, by: null });
  throw refreshRefused("it was used before, so its session is ended");
}

/** Whether the token is the one before the valid one, used a moment ago. */
function isRepeat(
  core: Core,
  { formerRefreshHash, refreshedAt }: RefreshableSession,
  hash: string,
  now: number,
): boolean {
  return formerRefreshHash === hash && now - refreshedAt <= core.timing.sessions.refreshRepeatMs;
}

/**
 * The credential of an access token of a session that has refresh tokens, within the session.
 * @param lifetimeMs an hour, which is the most
 */
export function accessTo(
  { timing }: Core,
  { id, userId, expiresAt }: { id: SessionId; userId: UserId; expiresAt: number },
  lifetimeMs = timing.sessions.accessMs,
): Credential {
  const end = Math.floor((Date.now() + lifetimeMs) / 1_000) * 1_000;
  return { userId, sessionId: id, expiresAt: Math.min(end, expiresAt) };
}

/** @param suspendedUntil as the user's row has it @throws `suspended` */
export function requireNotSuspended(suspendedUntil: number): void {
  const suspension = suspensionOf({ suspendedUntil, suspensionReason: "" }, Date.now());
  if (suspension) throw suspended(suspension.until);
}

/** The `unauthenticated` for a refresh token. */
export function refreshRefused(reason: string): CoreError {
  return new CoreError("unauthenticated", `The refresh token is refused: ${reason}.`, { token: "ended" });
}
