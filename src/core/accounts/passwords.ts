import type { Account } from "../../domain/accounts/user.ts";
import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { codePoints } from "../../domain/text.ts";
import type { Timing } from "../../domain/timing.ts";
import {
  type AttemptRule,
  deleteAttempt,
  deleteAttemptsForName,
  listNewestAttempts,
  markAttemptWrong,
  reserveAttempt,
} from "../../storage/accounts/password-attempts.ts";
import { findAccount, findAccountByNameOrEmail, findUser } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { passwordMatches } from "./password-hash.ts";
import { accountDeleted } from "./users.ts";

/** The names that a sign-in accepts. A username takes precedence over an equal e-mail address. */
export type SignInName = "username" | "username or e-mail";

/** The length of a password in code points. */
export const PASSWORD = { min: 8, max: 128 };

/** Whether a text has the length of a password. */
export function canBePassword(text: string): boolean {
  const length = codePoints(text);
  return length >= PASSWORD.min && length <= PASSWORD.max;
}

/** The number of wrong passwords for a name within `lockMs` that locks it for `lockMs` after the last one. */
const MAX_ATTEMPTS = 10;
/** The number of waits, of doubling length, while concurrent checks hold the remaining attempts. */
const MAX_WAITS = 6;

/** The age in ms after which an attempt no longer counts towards a lock. */
export function attemptLifetimeMs({ lockMs }: Timing["passwords"]): number {
  return 2 * lockMs;
}

/**
 * Checks a password. All surfaces use this function, so that they share one lock.
 * @param name as the user typed it, known or not; it is counted and looked up as NFC
 * @param by the names that the API accepts
 * @returns the account with the compared hash; null if the name or the password is wrong, which takes the
 *   same time. A later statement that relies on the check compares the hash with D1 again
 * @throws `locked` with the remaining seconds; `rate_limited` while 10 checks of this name are in progress
 */
export async function checkPassword(
  core: Core,
  name: string,
  password: string,
  by: SignInName = "username",
): Promise<Account | null> {
  const typed = name.normalize("NFC");
  // Reserved before the hash: of many concurrent guesses only 10 are checked.
  const attempt = await reserve(core, typed);
  const find = by === "username" ? findAccount : findAccountByNameOrEmail;
  const account = await find(core.db, typed);
  const matches = await passwordMatches(password, account?.passwordHash ?? null, core.timing.passwordHash);
  if (!account || !matches) {
    const expired = Date.now() - attemptLifetimeMs(core.timing.passwords);
    await markAttemptWrong(core.db, attempt, typed, expired);
    return null;
  }
  await deleteAttempt(core.db, attempt);
  return account;
}

/**
 * Checks the caller's own password, for operations that require it.
 * @throws `forbidden` if it is wrong, `unauthenticated` if the account is deleted; `locked`, `rate_limited`
 *   as `checkPassword`
 */
export async function checkOwnPassword(core: Core, userId: UserId, password: string): Promise<Account> {
  const user = await findUser(core.db, userId);
  if (!user) throw accountDeleted();
  const account = await checkPassword(core, user.username, password);
  if (account?.user.id === userId) return account;
  if (await findUser(core.db, userId)) throw wrongPassword();
  // The account was deleted during the check: no wrong attempt of its username may stay stored.
  await deleteAttemptsForName(core.db, user.username);
  throw accountDeleted();
}

/** The `forbidden` for a wrong password of the caller's own. */
export function wrongPassword(): CoreError {
  return new CoreError("forbidden", "The password is wrong: give the one that you have now.");
}

/**
 * Reserves one of the 10 attempts. Attempts of correct passwords are released, so a reserved one is waited
 * for.
 */
async function reserve(core: Core, name: string): Promise<number> {
  const { passwords } = core.timing;
  for (let wait = 0; ; wait++) {
    const now = Date.now();
    const rule: AttemptRule = { attempts: MAX_ATTEMPTS, window: passwords.lockMs };
    const id = await reserveAttempt(core.db, name, rule, now);
    if (id !== null) return id;
    const remainingMs = lockedFor(await listNewestAttempts(core.db, name, MAX_ATTEMPTS), now, passwords);
    if (remainingMs > 0) {
      throw new CoreError("locked", "Too many wrong passwords for this name. Wait, then try again.", {
        retryAfter: Math.ceil(remainingMs / 1_000),
      });
    }
    if (wait === MAX_WAITS) {
      throw new CoreError("rate_limited", "Too many sign-ins with this name at once. Try again.", {
        retryAfter: 1,
      });
    }
    const maxDelayMs = passwords.backoffMs * 2 ** wait;
    await new Promise((resolve) => setTimeout(resolve, (maxDelayMs * (1 + Math.random())) / 2));
  }
}

/** The milliseconds for which a name with these newest attempts is still locked; 0: it is not locked. */
function lockedFor(
  newest: { at: number; wrong: boolean }[],
  now: number,
  { lockMs, checkTimeoutMs }: Timing["passwords"],
): number {
  const settled = newest.filter(({ at, wrong }) => wrong || at <= now - checkTimeoutMs);
  const last = settled[0];
  const tenth = settled[MAX_ATTEMPTS - 1];
  if (!last || !tenth || last.at - tenth.at >= lockMs) return 0;
  return Math.max(0, last.at + lockMs - now);
}
