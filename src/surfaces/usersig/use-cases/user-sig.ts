import { openSigSession } from "../../../core/accounts/sessions.ts";
import { noUserWithName } from "../../../core/accounts/users.ts";
import type { Core } from "../../../core/context.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { Credential } from "../../../domain/accounts/session.ts";
import { CoreError } from "../../../domain/errors.ts";
import { storedForm } from "../../../lib/text-forms.ts";
import { findAccount, findUserByName } from "../../../storage/accounts/users.ts";

/**
 * Opens a session for a user at the request of the provisioning server, which has shown the rule key. Several
 * sessions may be in use at once. The server vouches for the users that it created, who have no password.
 * @throws `not_found`; `forbidden` for a user with a password
 */
export async function openSig(core: Core, username: string, userAgent: string): Promise<Credential> {
  const account = await findAccount(core.db, username);
  if (account && account.passwordHash !== null) {
    const detail = "user_id: this user signs in with a password: a user_sig is for users without one.";
    throw new CoreError("forbidden", detail);
  }
  const credential = account && (await openSigSession(core, account.user.id, userAgent));
  if (!credential) throw noUserWithName([username]);
  core.securityLog.record("sig_issued", { user: credential.userId, by: null });
  return credential;
}

/** The user of this name, after NFC normalization. @throws `not_found` */
export async function requireUserNamed(core: Core, username: string): Promise<Person> {
  const user = await findUserByName(core.db, storedForm(username));
  if (!user) throw noUserWithName([username]);
  return user;
}
