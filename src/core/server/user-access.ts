import type { Credential } from "../../domain/accounts/session.ts";
import { invalid, noUser, suspended } from "../../domain/errors.ts";
import { SessionId, type UserId } from "../../domain/ids.ts";
import type { ServerKey } from "../../domain/server/server-key.ts";
import { covers, isSame, type Suspension } from "../../domain/server/server-user.ts";
import type { UserRef } from "../../domain/server/user-ref.ts";
import { liftSuspension, shadowUser, suspendUser } from "../../storage/accounts/account-updates.ts";
import { endAllSessions } from "../../storage/accounts/sessions.ts";
import { liftBotsOf, listBotsOf } from "../../storage/bots/bots.ts";
import { findActor, findLiveServerUsers } from "../../storage/server/server-users.ts";
import { deleteAccountOf } from "../accounts/account-deletion.ts";
import { endSessionsWith } from "../accounts/session-end.ts";
import { type MintRefreshToken, NO_END, openTokenSession } from "../accounts/sessions.ts";
import type { Core } from "../context.ts";
import { requireMayChangeStanding } from "../moderation/giving.ts";
import { accessTo } from "./refresh.ts";
import { noSuchUser, requireServerUser } from "./server-users.ts";

/** What a backend asks for a token. */
export interface TokenRequest {
  /** 0: no end, for bots */
  expiresInS: number;
  /** what the user's list of sessions shows */
  sessionName: string;
  /** makes the first refresh token of the session; null: it has none */
  mint: MintRefreshToken | null;
}

/** A session that was opened for a user. */
export interface OpenedSession {
  /** of the token, which ends before a session that has refresh tokens */
  credential: Credential;
  refreshToken: string | null;
}

/**
 * Opens a session of a user, for the token that the backend hands to the user's app. By a key without
 * `moderate` it is one without the user's role.
 * @throws `not_found`; `suspended`; `validation_failed` for a session without end of a user who is no bot,
 *   and for a token of a session with refresh tokens that is for more than an hour
 */
export async function openSessionFor(
  core: Core,
  by: ServerKey,
  ref: UserRef,
  { expiresInS, sessionName, mint }: TokenRequest,
): Promise<OpenedSession> {
  const { id, bot } = await requireServerUser(core, ref);
  if (expiresInS === 0 && !bot)
    throw invalid("body.expires_in_s", "must be 60 or more: only a bot's has no end");
  const { accessMs, lifetimeMs: refreshableMs } = core.timing.sessions;
  const tokenMs = expiresInS === 0 ? null : expiresInS * 1_000;
  // A sign-out shuts the session gate for as long as the last such token may live.
  if (mint && (tokenMs === null || tokenMs > accessMs))
    throw invalid("body.expires_in_s", `must be ${accessMs / 1_000} at most, with \`refresh\``);
  const lifetimeMs = mint ? refreshableMs : tokenMs;
  const opened = await openTokenSession(core, by, id, { lifetimeMs, name: sessionName, mint });
  // The account was deleted during the call.
  if (!opened) throw noUser(id);
  core.securityLog.record("token_issued", { user: id, by: null, serverKey: by.id });
  if (!mint || tokenMs === null) return opened;
  const { sessionId, expiresAt } = opened.credential;
  return { ...opened, credential: accessTo(core, { id: sessionId, userId: id, expiresAt }, tokenMs) };
}

/** Ends all sessions of a user, with their sockets. Idempotent. @throws `not_found` */
export async function signOutEverywhere(core: Core, by: ServerKey["id"], ref: UserRef): Promise<void> {
  const { id } = await requireServerUser(core, ref);
  await endSessionsWith(core, id, () => endAllSessions(core.db, id, Date.now()));
  core.securityLog.record("session_ended", { user: id, by: null, serverKey: by });
}

/**
 * Suspends a user: all sessions end, and no sign-in opens one until the suspension ends. What the user wrote
 * stays. A shadow ends no session: within a minute, nobody but the user sees what they send from then on. A
 * repeat replaces the suspension.
 * @throws `not_found`; `validation_failed` for an end in the past; `forbidden` for a user with a role, by a
 *   key that may not change their standing
 */
export async function suspend(
  core: Core,
  by: ServerKey,
  ref: UserRef,
  suspension: Suspension,
): Promise<void> {
  requireFuture(suspension);
  const { id, role } = await requireServerUser(core, ref);
  requireMayChangeStanding(by, role);
  await suspendAccount(core, id, suspension, { by: null, serverKey: by.id });
}

/** @throws `validation_failed` for an end in the past */
export function requireFuture({ until }: Suspension): void {
  if (until !== null && until <= Date.now()) throw invalid("body.until", "must be in the future");
}

/** Who has done something, for the security log. */
type DoneBy = Pick<Parameters<Core["securityLog"]["record"]>[1], "by" | "serverKey">;

/**
 * Suspends a user whom the caller may suspend, and the user's bots. A bot that has a suspension of its own
 * keeps it, if it is as hard and lasts as long.
 * @throws `not_found`
 */
export async function suspendAccount(
  core: Core,
  id: UserId,
  suspension: Suspension,
  doneBy: DoneBy,
): Promise<void> {
  const suspendOne = (userId: UserId) =>
    suspension.shadow
      ? shadowUser(core.db, userId, suspension)
      : endSessionsWith(core, userId, () => suspendUser(core.db, userId, suspension, Date.now()));
  const [before] = await findLiveServerUsers(core.db, [id], Date.now());
  if (!before || !(await suspendOne(id))) throw noUser(id);
  // Behind that of the maker: a bot that is made meanwhile is among them, or is born with it.
  const ids = (await listBotsOf(core.db, id)).map((bot) => bot.id);
  const bots = ids.length === 0 ? [] : await findLiveServerUsers(core.db, ids, Date.now());
  const former = before.suspension;
  for (const { id: bot, suspension: own } of bots) {
    if (own === null || isSame(own, former) || !covers(own, suspension)) await suspendOne(bot);
  }
  core.securityLog.record("suspended", { user: id, ...doneBy });
}

/** Ends a suspension. Idempotent. @throws `not_found`; `forbidden` as `suspend` */
export async function endSuspension(core: Core, by: ServerKey, ref: UserRef): Promise<void> {
  const { id, role, suspension } = await requireServerUser(core, ref);
  requireMayChangeStanding(by, role);
  if (suspension) await liftFrom(core, id, { by: null, serverKey: by.id });
}

/** Ends the suspension of a user whom the caller may suspend, and of the bots that share it. */
export async function liftFrom(core: Core, id: UserId, doneBy: DoneBy): Promise<void> {
  await liftBotsOf(core.db, id);
  await liftSuspension(core.db, id);
  core.securityLog.record("suspension_lifted", { user: id, ...doneBy });
}

/**
 * Deletes a user's account.
 * @param erasesMessages as `deleteAccountOf`
 * @throws `not_found`; `conflict` while the user owns a group; `forbidden` as `suspend`
 */
export async function deleteServerUser(
  core: Core,
  by: ServerKey,
  ref: UserRef,
  erasesMessages: boolean,
): Promise<void> {
  const { id, role } = await requireServerUser(core, ref);
  requireMayChangeStanding(by, role);
  await deleteAccountOf(core, by.id, id, erasesMessages);
}

/** The session of a key that acts as users: none is stored, and no socket has it. */
const ACTING_SESSION = SessionId.parse("0".repeat(32));

/** The caller of a call that a key makes as a user. @throws `not_found`; `suspended` */
export async function actingAs(core: Core, ref: UserRef): Promise<Credential> {
  const actor = await findActor(core.db, ref, Date.now());
  if (!actor) throw noSuchUser(ref);
  if (actor.suspension) throw suspended(actor.suspension.until);
  return { userId: actor.id, sessionId: ACTING_SESSION, expiresAt: NO_END };
}
