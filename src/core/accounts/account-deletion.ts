import type { Credential } from "../../domain/accounts/session.ts";
import { CoreError, noUser } from "../../domain/errors.ts";
import type { SessionId, UserId } from "../../domain/ids.ts";
import type { ServerKeyId } from "../../domain/server/server-key.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { type DeletedAccount, deleteUser, type OwnedPlace } from "../../storage/accounts/account-updates.ts";
import { listBotsOf, listOrphanedBots } from "../../storage/bots/bots.ts";
import type { Core } from "../context.ts";
import { requireOwnStanding } from "../moderation/staff.ts";
import { usersChanged } from "../server/user-events.ts";
import { checkOwner, wrongPassword } from "./passwords.ts";
import { getMe } from "./users.ts";

/**
 * Deletes the caller's account. The profile, friends and blocks are deleted, all sessions end, and the
 * username is never assigned again. The messages stay under a deleted user, unless they are erased. The
 * deletion is committed in D1 before this resolves. Leaving a conversation that cannot be reached continues
 * after the answer.
 * @param password of a user who has one
 * @param erasesMessages the messages are deleted, too: each conversation goes on with it after the answer
 * @throws `forbidden` for a wrong password, and as `requireOwnStanding` for a user without one;
 *   `validation_failed` for an absent one, `conflict` while the caller owns a group, `unauthenticated` if the
 *   account is deleted already; `locked`, `rate_limited` as `checkPassword`
 */
export async function deleteAccount(
  core: Core,
  caller: Credential,
  password: string | undefined,
  erasesMessages = false,
): Promise<void> {
  const { userId } = caller;
  const { passwordHash: checked } = await checkOwner(core, caller, password);
  // Their session is all that a user without a password shows.
  if (checked === null) await requireOwnStanding(core, caller);
  const result = await carryOut(core, { userId, checked, erasesMessages });
  if (result.deleted) core.securityLog.record("account_deleted", { user: userId, by: userId });
  else throw await refusal(core, caller, result.owned);
}

/**
 * Deletes a user's account at the request of the team's backend, as `deleteAccount`.
 * @param by the key
 * @param erasesMessages the messages are deleted, too: each conversation goes on with it after the answer
 * @throws `conflict` while the user owns a group, `not_found` if the account is deleted already
 */
export async function deleteAccountOf(
  core: Core,
  by: ServerKeyId,
  userId: UserId,
  erasesMessages: boolean,
): Promise<void> {
  const result = await carryOut(core, { userId, erasesMessages });
  if (result.deleted) core.securityLog.record("account_deleted", { user: userId, by: null, serverKey: by });
  else if (result.owned === null) throw noUser(userId);
  else
    throw new CoreError(
      "conflict",
      `User ${userId}, or a bot of theirs, owns ${end(result.owned)}, then delete the account.`,
    );
}

/**
 * Deletes the account of a bot at the request of the user who has made it, as `deleteAccount`.
 * @throws `conflict` while the bot owns a group, `not_found` if the account is deleted already
 */
export async function deleteBotAccount(core: Core, maker: UserId, userId: UserId): Promise<void> {
  const result = await carryOut(core, { userId });
  if (result.deleted) core.securityLog.record("account_deleted", { user: userId, by: maker });
  else if (result.owned === null) throw noUser(userId);
  else throw new CoreError("conflict", `The bot owns ${end(result.owned)}, then delete the bot.`);
}

/** Orphaned bots that one hourly job deletes. */
const MAX_ORPHANS = 100;

/** Deletes bots whose makers have gone: for the hourly job, as a crash may have cut the first try short. */
export async function deleteOrphanedBots(core: Pick<Core, "db" | "inboxes">): Promise<void> {
  for (const userId of await listOrphanedBots(core.db, MAX_ORPHANS)) await removeBot(core, userId);
}

/** Deletes a bot whose maker has gone. Never rejects. @returns the sessions that this has ended */
async function removeBot(core: Pick<Core, "db" | "inboxes">, userId: UserId): Promise<SessionId[]> {
  try {
    const result = await removeAccount(core, { userId });
    return result.deleted ? result.sessions : [];
  } catch (error) {
    log("warn", "bot_not_deleted", { user: userId, ...errorFields(error) });
    return [];
  }
}

/** The deletion of an account, and of its bots. @returns what D1 made of it */
async function carryOut(core: Core, account: DeletedAccount): ReturnType<typeof deleteUser> {
  const bots = await listBotsOf(core.db, account.userId);
  const result = await removeAccount(core, account);
  if (!result.deleted) return result;
  for (const sessionId of result.sessions) core.sessionCache.forget(sessionId);
  for (const { id } of bots)
    for (const sessionId of await removeBot(core, id)) core.sessionCache.forget(sessionId);
  usersChanged(core);
  return result;
}

async function removeAccount(
  core: Pick<Core, "db" | "inboxes">,
  account: DeletedAccount,
): ReturnType<typeof deleteUser> {
  const { userId } = account;
  const token = crypto.randomUUID();
  await core.inboxes.prepareDeletion(userId, { token });
  const result = await deleteUser(core.db, account, Date.now());
  if (!result.deleted) return result;
  // The deletion is committed: a failure from here on is left to the inbox's alarm job.
  await core.inboxes
    .deleteAccount(userId, { token, contacts: result.contacts, erases: account.erasesMessages ?? false })
    .catch((error: unknown) =>
      log("warn", "account_deletion_call_failed", { user: userId, ...errorFields(error) }),
    );
  return result;
}

/** The error for a deletion that D1 has not committed. */
async function refusal(core: Core, caller: Credential, owned: OwnedPlace | null): Promise<CoreError> {
  if (owned !== null)
    return new CoreError("conflict", `You, or a bot of yours, own ${end(owned)}, then delete the account.`);
  // The account is deleted, or its password has changed since it was checked.
  await getMe(core, caller);
  return wrongPassword();
}

/** What keeps an account from being deleted, and how that ends, in words. */
function end({ kind, id }: OwnedPlace): string {
  return kind === "group" ? `group ${id}: hand it over or dissolve it` : `space ${id}: dissolve it`;
}
