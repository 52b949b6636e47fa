import type { Credential } from "../../domain/accounts/session.ts";
import { updatePassword } from "../../storage/accounts/account-updates.ts";
import type { Core } from "../context.ts";
import { hashPassword } from "./password-hash.ts";
import { requireStrongPassword } from "./password-rules.ts";
import { checkOwnPassword, wrongPassword } from "./passwords.ts";
import { endSessionsWith } from "./session-end.ts";

/**
 * Changes the caller's password and ends all their other sessions.
 *
 * D1 decides: of two concurrent changes one is refused and must end no session. The inbox is informed before
 * the change, so that its job can look up the outcome in D1: a crash leaves no socket open.
 * @throws `forbidden` if `current` is wrong, or if a concurrent change was first; `validation_failed` as
 *   `requireStrongPassword`; `locked`, `rate_limited` as `checkPassword`
 */
export async function changePassword(
  core: Core,
  caller: Credential,
  { current, next }: { current: string; next: string },
): Promise<void> {
  const { userId, sessionId } = caller;
  const { user, passwordHash } = await checkOwnPassword(core, caller, current);
  await requireStrongPassword("body.next", next, user);
  const hash = await hashPassword(core, next);
  const update = { userId, checked: passwordHash, next: hash, keep: sessionId };
  const isChanged = await endSessionsWith(core, userId, () => updatePassword(core.db, update, Date.now()));
  if (!isChanged) throw wrongPassword();
  core.securityLog.record("password_changed", { user: userId, by: userId });
}
