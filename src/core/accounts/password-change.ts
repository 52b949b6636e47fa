import type { Credential } from "../../domain/accounts/session.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { updatePassword } from "../../storage/accounts/account-updates.ts";
import type { Core } from "../context.ts";
import { hashPassword } from "./password-hash.ts";
import { checkOwnPassword, wrongPassword } from "./passwords.ts";

/**
 * Changes the caller's password and ends every session of his but the calling one.
 *
 * D1 decides, since of two changes at once one is refused and must end nothing. The inbox hears of it
 * before, so that a crash leaves no socket open: its job looks in D1 what became of it.
 * @throws `forbidden` if `current` is wrong, also if another change was faster; `locked`, `rate_limited`
 *   as `checkPassword`
 */
export async function changePassword(
  core: Core,
  { userId, sessionId }: Credential,
  { current, next }: { current: string; next: string },
): Promise<void> {
  const { passwordHash } = await checkOwnPassword(core, userId, current);
  const hash = await hashPassword(next, core.timing.passwordHash);
  const update = { userId, checked: passwordHash, next: hash, keep: sessionId };
  const token = crypto.randomUUID();
  await core.inboxes.prepareSessionEnd(userId, { token });
  const sessions = await updatePassword(core.db, update, Date.now());
  if (!sessions) throw wrongPassword();
  for (const ended of sessions) core.sessionCache.forget(ended.sessionId);
  // The password is changed: what fails now is the job's.
  await core.inboxes
    .endSessions(userId, { token, sessions })
    .catch((error: unknown) => log("warn", "sessions_not_ended", { user: userId, ...errorFields(error) }));
}
