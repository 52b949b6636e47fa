import {
  findLiveSession,
  insertSession,
  listLiveSessions,
  markSessionEnded,
  touchSession,
} from "../storage/sessions.ts";
import type { Core } from "./core.ts";
import { CoreError } from "./errors.ts";
import { SessionId, type UserId } from "./ids.ts";
import { fault, log } from "./log.ts";
import type { Account } from "./users.ts";

const LIFETIME_MS = 30 * 24 * 60 * 60 * 1_000;
const TOUCH_EVERY_MS = 5 * 60 * 1_000;
const USER_AGENT_LENGTH = 255;

/** Who calls, by a token whose signature and expiry were checked. */
export interface Credential {
  userId: UserId;
  sessionId: SessionId;
  /** milliseconds since 1970 */
  expiresAt: number;
}

/** One sign-in of a user on some device. Times are milliseconds since 1970. */
export interface Session {
  id: SessionId;
  userId: UserId;
  /** as the device called itself; `""` if it did not */
  userAgent: string;
  createdAt: number;
  /** at most about five minutes old while the session is in use */
  lastSeenAt: number;
  expiresAt: number;
}

/**
 * Signs a user in on a device, for 30 days.
 * @returns null if the password that was checked is not his any more, or he is gone
 */
export async function openSession(
  core: Core,
  { user: { id: userId }, passwordHash }: Account,
  userAgent: string,
): Promise<Credential | null> {
  const now = Date.now();
  const session = {
    id: newSessionId(),
    userId,
    userAgent: tidyUserAgent(userAgent),
    createdAt: now,
    lastSeenAt: now,
    // A token tells its expiry in whole seconds: the row must not outlive it, nor die before.
    expiresAt: Math.floor((now + LIFETIME_MS) / 1_000) * 1_000,
  };
  if (!(await insertSession(core.db, session, passwordHash))) return null;
  return { userId, sessionId: session.id, expiresAt: session.expiresAt };
}

/**
 * Lets a session through that is its user's and has not been ended. Costs no read where this isolate
 * saw it valid in the last 45 s, else one row of D1.
 * @throws `unauthenticated`; `unavailable` where D1 does not answer
 */
export async function requireSession(core: Core, caller: Credential): Promise<void> {
  const { sessionId: id, userId } = caller;
  if (core.sessionMemory.has(id, userId)) return;
  const now = Date.now();
  const session = await findLiveSession(core.db, { id, userId, now });
  if (!session) throw new CoreError("unauthenticated", "This session has ended. Sign in again.");
  core.sessionMemory.remember(id, userId);
  if (session.lastSeenAt <= now - TOUCH_EVERY_MS) core.waitUntil(touch(core, id, now));
}

/** The caller's live sessions, the newest sign-in first; `current` marks the one that asks. */
export async function listSessions(
  core: Core,
  caller: Credential,
): Promise<(Session & { current: boolean })[]> {
  const sessions = await listLiveSessions(core.db, caller.userId, Date.now());
  return sessions.map((session) => ({ ...session, current: session.id === caller.sessionId }));
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
  if (!session) throw new CoreError("not_found", "You have no such session.");
  await end(core, { userId, sessionId: session.id, expiresAt: session.expiresAt });
}

/** The gate first, so that no socket opens once D1 says ended; the answer last. */
async function end(core: Core, { userId, sessionId, expiresAt }: Credential): Promise<void> {
  await core.inboxes.endSession(userId, { sessionId, expiresAt });
  await markSessionEnded(core.db, sessionId, Date.now());
  core.sessionMemory.forget(sessionId);
}

/** Behind the answer nobody is left to tell of a failure but the log. */
async function touch(core: Core, id: SessionId, now: number): Promise<void> {
  await touchSession(core.db, id, now).catch((error) => log("warn", "touch_failed", fault(error)));
}

function newSessionId(): SessionId {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return SessionId.parse(Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""));
}

function tidyUserAgent(userAgent: string): string {
  return userAgent.replaceAll("\u0000", "").slice(0, USER_AGENT_LENGTH).toWellFormed();
}
