import type { Credential } from "../../domain/accounts/session.ts";
import { CoreError, noUser } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { ServerKeyId } from "../../domain/server/server-key.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { type DeletedAccount, deleteUser } from "../../storage/accounts/account-updates.ts";
import type { Core } from "../context.ts";
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
 * @throws `forbidden` for a wrong password, `validation_failed` for an absent one, `conflict` while the
 *   caller owns a group, `unauthenticated` if the account is deleted already; `locked`, `rate_limited` as
 *   `checkPassword`
 */
export async function deleteAccount(
  core: Core,
  caller: Credential,
  password: string | undefined,
  erasesMessages = false,
): Promise<void> {
  const { userId } = caller;
  const { passwordHash: checked } = await checkOwner(core, caller, password);
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
      `User ${userId} owns group ${result.owned}: hand it over or dissolve it, then delete the account.`,
    );
}

/** The deletion of an account. @returns what D1 made of it */
async function carryOut(core: Core, account: DeletedAccount): ReturnType<typeof deleteUser> {
  const { userId } = account;
  const token = crypto.randomUUID();
  await core.inboxes.prepareDeletion(userId, { token });
  const result = await deleteUser(core.db, account, Date.now());
  if (!result.deleted) return result;
  usersChanged(core);
  for (const sessionId of result.sessions) core.sessionCache.forget(sessionId);
  // The deletion is committed: a failure from here on is left to the inbox's alarm job.
  await core.inboxes
    .deleteAccount(userId, { token, contacts: result.contacts, erases: account.erasesMessages ?? false })
    .catch((error: unknown) =>
      log("warn", "account_deletion_call_failed", { user: userId, ...errorFields(error) }),
    );
  return result;
}

/** The error for a deletion that D1 has not committed. */
async function refusal(core: Core, caller: Credential, owned: ConversationId | null): Promise<CoreError> {
  if (owned !== null) {
    const detail = `You own group ${owned}: hand it over or dissolve it, then delete the account.`;
    return new CoreError("conflict", detail);
  }
  // The account is deleted, or its password has changed since it was checked.
  await getMe(core, caller);
  return wrongPassword();
}
