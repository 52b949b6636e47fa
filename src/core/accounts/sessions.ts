import type { Credential, Session } from "../../domain/accounts/session.ts";
import type { Account } from "../../domain/accounts/user.ts";
import { CoreError, sessionOver, suspended } from "../../domain/errors.ts";
import { SessionId, type UserId } from "../../domain/ids.ts";
import { overQuota } from "../../domain/quotas.ts";
import { type Giver, mayGive } from "../../domain/server/giving.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { randomHex } from "../../lib/random.ts";
import {
  countLiveSessions,
  findLiveSession,
  insertSession,
  listLiveSessions,
  markSessionEnded,
  type NewSession,
  recordFirstUse,
  updateLastUse,
} from "../../storage/accounts/sessions.ts";
import { findSuspension } from "../../storage/accounts/suspension.ts";
import { findAccountState } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { limitOf } from "../quotas.ts";
import { accountDeleted } from "./users.ts";

/** `lastSeenAt` of a session that has not been used yet */
const NEVER = 0;
const USER_AGENT_LENGTH = 255;

/**
 * Opens a session of `lifetimeMs` (30 days) for a user after a password check.
 * @returns null if the checked password is no longer current, or the account is deleted
 * @throws `suspended`; `quota` for one more than the user may have
 */
export async function openSession(
  core: Core,
  { user: { id: userId }, passwordHash }: Account,
  userAgent: string,
): Promise<Credential | null> {
  const session = opened("password", newSession(userId, userAgent, core.timing.sessions.lifetimeMs));
  const limit = await limitOf(core, userId, "sessions");
  if (limit === null) return open(core, session, { passwordHash });
  const credential = await open(core, session, { passwordHash }, limit);
  if (credential) return credential;
  const { used, first } = await countLiveSessions(core.db, userId, session.createdAt);
  if (used >= limit) throw overQuota("sessions", { limit, used, resetsAt: first });
  return null;
}

/**
 * Opens a session of `sigLifetimeMs` (5 minutes) with a user_sig, which the provisioning server requested.
 * @returns null if the account is deleted, or has a password
 * @throws `suspended`
 */
export async function openSigSession(
  core: Core,
  userId: UserId,
  userAgent: string,
): Promise<Credential | null> {
  const { sigLifetimeMs } = core.timing.sessions;
  // NEVER: the first use of the session is recorded as a login.
  const session = opened("rule_key", { ...newSession(userId, userAgent, sigLifetimeMs), lastSeenAt: NEVER });
  return open(core, session, { passwordHash: null });
}

/** When the sessions of bots end that have no end, in ms: an alarm takes no time after the year 2262. */
export const NO_END = Date.UTC(2200, 0, 1);

/**
 * Opens a session of any user at the request of the team's backend, or of a bot's maker.
 * @param by who asks for it, and may give a role in it or not
 * @param lifetimeMs null: it has no end
 * @param name what the user's list of sessions shows
 * @param mint makes the first refresh token of the session; null: it has none
 * @returns with the refresh token, if it has one; null if the account is deleted
 * @throws `suspended`
 */
export async function openTokenSession(
  core: Core,
  by: Giver,
  userId: UserId,
  { lifetimeMs, name, mint }: { lifetimeMs: number | null; name: string; mint: MintRefreshToken | null },
): Promise<{ credential: Credential; refreshToken: string | null } | null> {
  const session = opened(by, { ...newSession(userId, name, lifetimeMs ?? 0), lastSeenAt: NEVER });
  const ending = lifetimeMs === null ? { ...session, expiresAt: NO_END } : session;
  const refresh = mint?.(session.id);
  const credential = await open(core, { ...ending, refreshHash: refresh?.hash }, "any");
  return credential && { credential, refreshToken: refresh?.text ?? null };
}

function opened(by: Giver, session: Session): NewSession {
  return { ...session, carriesRole: mayGive(by, "session_with_role") };
}

/** Makes the first refresh token of a session: its text, and the hash of it that is stored. */
export type MintRefreshToken = (id: SessionId) => { text: string; hash: string };

/**
 * @param max of the user's sessions
 * @returns null if the account is not as it was `checked`, or deleted, or has as many sessions
 * @throws `suspended`
 */
async function open(
  core: Core,
  session: NewSession,
  checked: Parameters<typeof insertSession>[2],
  max?: number,
): Promise<Credential | null> {
  const { id: sessionId, userId, expiresAt, createdAt } = session;
  if (await insertSession(core.db, session, checked, max)) return { userId, sessionId, expiresAt };
  const suspension = await findSuspension(core.db, userId, createdAt);
  if (suspension && !suspension.shadow) throw suspended(suspension.until);
  return null;
}

/** A session that begins now, with a random id. It is not stored. */
export function newSession(userId: UserId, userAgent: string, lifetimeMs: number): Session {
  const now = Date.now();
  return {
    id: SessionId.parse(randomHex()),
    userId,
    userAgent: tidyUserAgent(userAgent),
    createdAt: now,
    lastSeenAt: now,
    // A token has its expiry in whole seconds: the row expires at the same time as the token.
    expiresAt: Math.floor((now + lifetimeMs) / 1_000) * 1_000,
  };
}

/**
 * Checks that a session belongs to its user and has not ended. It costs no read if this isolate has verified
 * the session within `sessionCache.keepMs`, else one row of D1.
 * @throws `unauthenticated`, with `gone` if the account is deleted; `unavailable` if D1 does not answer
 */
export async function requireSession(core: Core, caller: Credential): Promise<void> {
  const { sessionId: id, userId } = caller;
  if (core.sessionCache.has(id, userId)) return;
  const now = Date.now();
  const session = await findLiveSession(core.db, { id, userId, now });
  if (!session) {
    const refusal = await sessionEnded(core, userId);
    core.sessionCache.remember(id, userId, refusal);
    throw refusal;
  }
  core.sessionCache.remember(id, userId);
  if (session.lastSeenAt === NEVER)
    await recordFirstUse(core.db, session, now).catch((error: unknown) =>
      log("warn", "login_record_failed", errorFields(error)),
    );
  else if (session.lastSeenAt <= now - core.timing.sessions.touchMs) {
    const touched = updateLastUse(core.db, id, now);
    core.waitUntil(
      touched.catch((error: unknown) => log("warn", "session_touch_failed", errorFields(error))),
    );
  }
}

/**
 * Passes on the parts of a long answer until the caller's session is ended: a slow reader gets no further
 * parts then. A session that only expires, such as a user_sig's after 5 minutes, gets the whole answer.
 * @throws as `requireSession`
 */
export async function* whileSignedIn<T>(
  core: Core,
  caller: Credential,
  parts: AsyncIterable<T>,
): AsyncGenerator<T> {
  for await (const part of parts) {
    if (Date.now() < caller.expiresAt) await requireSession(core, caller);
    yield part;
  }
}

async function sessionEnded(core: Core, userId: UserId): Promise<CoreError> {
  const account = await findAccountState(core.db, userId);
  if (!account || account.deletedAt !== null) return accountDeleted();
  return sessionOver();
}

/** The caller's live sessions, the newest sign-in first; `current` marks the calling session. */
export async function listSessions(
  core: Core,
  caller: Credential,
): Promise<(Session & { current: boolean })[]> {
  const sessions = await listLiveSessions(core.db, caller.userId, Date.now());
  return sessions.map((session) => ({
    ...session,
    lastSeenAt: Math.max(session.lastSeenAt, session.createdAt),
    current: session.id === caller.sessionId,
  }));
}

/** Ends the calling session. */
export async function logout(core: Core, caller: Credential): Promise<void> {
  const { accessMs, refreshRepeatMs } = core.timing.sessions;
  // A refresh may have given a later token of the session than the one that was shown.
  const lastToken = Date.now() + accessMs + refreshRepeatMs;
  await end(core, { ...caller, expiresAt: Math.max(caller.expiresAt, lastToken) });
}

/**
 * Ends one of the caller's sessions, which may be the calling one.
 * @throws `not_found` for a session that is unknown, ended, or another user's
 */
export async function endSession(core: Core, caller: Credential, id: string): Promise<void> {
  const sessionId = SessionId.safeParse(id).data;
  const { userId } = caller;
  const session = sessionId && (await findLiveSession(core.db, { id: sessionId, userId, now: Date.now() }));
  if (session) {
    await end(core, { userId, sessionId: session.id, expiresAt: session.expiresAt });
    return;
  }
  // A socket may outlive its token's session, whose row D1 may have deleted.
  const hadSockets = sessionId && (await core.inboxes.closeSession(userId, { sessionId }));
  if (!hadSockets) throw new CoreError("not_found", "You have no such session.");
  core.securityLog.record("session_ended", { user: userId, by: userId });
}

async function end(core: Core, session: Credential): Promise<void> {
  await terminateSession(core, session);
  core.securityLog.record("session_ended", { user: session.userId, by: session.userId });
}

/**
 * Ends a session and closes its sockets: at the session gate first, so that no socket opens after D1 has
 * marked it ended.
 * @param session `expiresAt`: when the session ends, which may be later than its tokens
 */
export async function terminateSession(
  core: Core,
  { userId, sessionId, expiresAt }: Credential,
): Promise<void> {
  await core.inboxes.endSession(userId, { sessionId, expiresAt });
  await markSessionEnded(core.db, sessionId, Date.now());
  core.sessionCache.forget(sessionId);
}

function tidyUserAgent(userAgent: string): string {
  return userAgent.replaceAll("\u0000", "").slice(0, USER_AGENT_LENGTH).toWellFormed();
}
