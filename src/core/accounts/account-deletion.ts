import type { Credential } from "../../domain/accounts/session.ts";
import { CoreError } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { deleteUser } from "../../storage/accounts/account-updates.ts";
import type { Core } from "../context.ts";
import { checkOwner, wrongPassword } from "./passwords.ts";
import { getMe } from "./users.ts";

/**
 * Deletes the caller's account. The profile, friends and blocks are deleted, all sessions end, and the
 * username is never assigned again. The messages stay under a deleted user. The deletion is committed in D1
 * before this resolves. Leaving a conversation that cannot be reached continues after the answer.
 * @param password of a user who has one
 * @throws `forbidden` for a wrong password, `validation_failed` for an absent one, `conflict` while the
 *   caller owns a group, `unauthenticated` if the account is deleted already; `locked`, `rate_limited` as
 *   `checkPassword`
 */
export async function deleteAccount(
  core: Core,
  caller: Credential,
  password: string | undefined,
): Promise<void> {
  const { userId } = caller;
  const { passwordHash: checked } = await checkOwner(core, caller, password);
  const token = crypto.randomUUID();
  await core.inboxes.prepareDeletion(userId, { token });
  const result = await deleteUser(core.db, { userId, checked }, Date.now());
  if (!result.deleted) throw await refusal(core, caller, result.owned);
  core.securityLog.record("account_deleted", { user: userId, by: userId });
  for (const sessionId of result.sessions) core.sessionCache.forget(sessionId);
  // The deletion is committed: a failure from here on is left to the inbox's alarm job.
  await core.inboxes
    .deleteAccount(userId, { token, contacts: result.contacts })
    .catch((error: unknown) =>
      log("warn", "account_deletion_call_failed", { user: userId, ...errorFields(error) }),
    );
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
