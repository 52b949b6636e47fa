import type { Credential } from "../../domain/accounts/session.ts";
import { CoreError } from "../../domain/errors.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { deleteUser } from "../../storage/accounts/account-updates.ts";
import type { Core } from "../context.ts";
import { checkOwnPassword, wrongPassword } from "./passwords.ts";
import { getMe } from "./users.ts";

/**
 * Deletes the caller's account: his profile, friends and blocks go, his name is never given out again, all
 * his sessions end; his messages stay under a deleted user. It is done once D1 says so; leaving the
 * conversations goes on behind the answer where one of them cannot be reached.
 * @throws `forbidden` for a wrong password, `conflict` while he owns a group, `unauthenticated` if the
 *   account is gone already; `locked`, `rate_limited` as `checkPassword`
 */
export async function deleteAccount(core: Core, caller: Credential, password: string): Promise<void> {
  const { userId } = caller;
  const { username, email } = await getMe(core, caller);
  const { passwordHash: checked } = await checkOwnPassword(core, userId, password);
  const token = crypto.randomUUID();
  await core.inboxes.prepareDeletion(userId, { token });
  const result = await deleteUser(core.db, { userId, username, email, checked }, Date.now());
  if (!result.deleted) throw await refusal(core, caller, result.owned);
  for (const sessionId of result.sessions) core.sessionCache.forget(sessionId);
  // The account is gone: what fails now is the job's.
  await core.inboxes
    .deleteAccount(userId, { token, contacts: result.contacts })
    .catch((error: unknown) => log("warn", "farewell_failed", { user: userId, ...errorFields(error) }));
}

/** Why D1 did not delete it. */
async function refusal(core: Core, caller: Credential, owned: ConversationId | null): Promise<CoreError> {
  if (owned !== null) {
    const detail = `You own group ${owned}: hand it over or dissolve it, then delete the account.`;
    return new CoreError("conflict", detail);
  }
  // Gone, or his password is another one since it was checked.
  await getMe(core, caller);
  return wrongPassword();
}
