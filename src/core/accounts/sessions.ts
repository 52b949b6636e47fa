import type { Credential, Session } from "../../domain/accounts/session.ts";
import type { Account } from "../../domain/accounts/user.ts";
import { CoreError } from "../../domain/errors.ts";
import { SessionId, type UserId } from "../../domain/ids.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { randomHex } from "../../lib/random.ts";
import {
  findLiveSession,
  insertSession,
  listLiveSessions,
  markSessionEnded,
  noteLogin,
  touchSession,
} from "../../storage/accounts/sessions.ts";
import { findAccountState } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { accountDeleted } from "./users.ts";

/** when a session was last seen that was not used yet */
const NEVER = 0;
const USER_AGENT_LENGTH = 255;

/**
 * Signs a user in on a device, for 30 days.
 * @returns null if the password that was checked is not his any more, or he is gone
 */
export async function openSession(
  core: Core,
  { user: { id: userId }, passwordHash }: Account,
  userAgent: string,
): Promise<Credential | null> {
  const session = newSession(userId, userAgent, core.timing.sessions.lifetimeMs);
  if (!(await insertSession(core.db, session, { passwordHash }))) return null;
  return { userId, sessionId: session.id, expiresAt: session.expiresAt };
}

/**
 * Signs a user in for whom others vouch: with a user_sig, for five minutes.
 * @returns null if he is gone
 */
export async function openSigSession(
  core: Core,
  userId: UserId,
  userAgent: string,
): Promise<Credential | null> {
  const { sigLifetimeMs } = core.timing.sessions;
  // Used for the first time he counts as having come.
  const session = { ...newSession(userId, userAgent, sigLifetimeMs), lastSeenAt: NEVER };
  if (!(await insertSession(core.db, session))) return null;
  return { userId, sessionId: session.id, expiresAt: session.expiresAt };
}

function newSession(userId: UserId, userAgent: string, lifetimeMs: number): Session {
  const now = Date.now();
  return {
    id: SessionId.parse(randomHex()),
    userId,
    userAgent: tidyUserAgent(userAgent),
    createdAt: now,
    lastSeenAt: now,
    // A token tells its expiry in whole seconds: the row must not outlive it, nor die before.
    expiresAt: Math.floor((now + lifetimeMs) / 1_000) * 1_000,
  };
}

/**
 * Lets a session through that is its user's and has not been ended. Costs no read where this isolate
 * saw it valid within `sessionCache.keepMs`, else one row of D1.
 * @throws `unauthenticated`, with `gone` where the account is; `unavailable` where D1 does not answer
 */
export async function requireSession(core: Core, caller: Credential): Promise<void> {
  const { sessionId: id, userId } = caller;
  if (core.sessionCache.has(id, userId)) return;
  const now = Date.now();
  const session = await findLiveSession(core.db, { id, userId, now });
  if (!session) throw await ended(core, userId);
  core.sessionCache.remember(id, userId);
  if (session.lastSeenAt === NEVER) await settled("login_not_noted", noteLogin(core.db, session, now));
  else if (session.lastSeenAt <= now - core.timing.sessions.touchMs) {
    core.waitUntil(settled("touch_failed", touchSession(core.db, id, now)));
  }
}

/**
 * Parts of a long answer, until the session is ended that asked: a slow reader gets no more then. One that only
 * expires meanwhile, as those of a user_sig do after minutes, gets what it has asked for.
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

async function ended(core: Core, userId: UserId): Promise<CoreError> {
  const life = await findAccountState(core.db, userId);
  if (!life || life.deletedAt !== null) return accountDeleted();
  return new CoreError("unauthenticated", "This session has ended. Sign in again.");
}

/** The caller's live sessions, the newest sign-in first; `current` marks the one that asks. */
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

/** Ends the session that calls. */
export async function logout(core: Core, caller: Credential): Promise<void> {
  await end(core, caller);
}

/**
 * Ends one of the caller's sessions, the calling one too.
 * @throws `not_found` for one that is another's, unknown or ended
 */
export async function endSession(core: Core, caller: Credential, id: string): Promise<void> {
  const sessionId = SessionId.safeParse(id).data;
  const { userId } = caller;
  const session = sessionId && (await findLiveSession(core.db, { id: sessionId, userId, now: Date.now() }));
  if (session) {
    await end(core, { userId, sessionId: session.id, expiresAt: session.expiresAt });
    return;
  }
  // Sockets may outlive their tokens, of which D1 knows nothing any more.
  const hadSockets = sessionId && (await core.inboxes.closeSession(userId, { sessionId }));
  if (!hadSockets) throw new CoreError("not_found", "You have no such session.");
}

/** The gate first, so that no socket opens once D1 says ended; the answer last. */
async function end(core: Core, { userId, sessionId, expiresAt }: Credential): Promise<void> {
  await core.inboxes.endSession(userId, { sessionId, expiresAt });
  await markSessionEnded(core.db, sessionId, Date.now());
  core.sessionCache.forget(sessionId);
}

/** That it is noted who is there is worth no failure: only the log is told of one. */
async function settled(event: string, note: Promise<void>): Promise<void> {
  await note.catch((error) => log("warn", event, errorFields(error)));
}

function tidyUserAgent(userAgent: string): string {
  return userAgent.replaceAll("\u0000", "").slice(0, USER_AGENT_LENGTH).toWellFormed();
}
