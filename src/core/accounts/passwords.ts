import type { Account } from "../../domain/accounts/user.ts";
import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { codePoints } from "../../domain/text.ts";
import type { Timing } from "../../domain/timing.ts";
import {
  type AttemptRule,
  forgetAttempts,
  keepAttempt,
  newestAttempts,
  releaseAttempt,
  reserveAttempt,
} from "../../storage/accounts/password-attempts.ts";
import { findAccount, findAccountByNameOrEmail, findUser } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { passwordMatches } from "./password-hash.ts";
import { accountDeleted } from "./users.ts";

/** What somebody signs in with besides his password; an address stands behind a username that is the same. */
export type SignInName = "username" | "username or e-mail";

/** How many characters a password may have. */
export const PASSWORD = { min: 8, max: 128 };

/** Whether a text can be a password, by its length. */
export function canBePassword(text: string): boolean {
  const length = codePoints(text);
  return length >= PASSWORD.min && length <= PASSWORD.max;
}

/** So many wrong passwords for a name within `lockMs` lock it for as long after the last of them. */
const ATTEMPTS = 10;
/** So many waits, each twice as long as the one before, while others' checks hold the attempts that are left. */
const WAITS = 6;

/** An attempt older than this decides no lock any more. */
export function attemptLifetimeMs({ lockMs }: Timing["passwords"]): number {
  return 2 * lockMs;
}

/**
 * The one way to check a password, so that the lock holds on every surface together.
 * @param name as typed, known or not; counted and looked up as NFC
 * @param by what it may be, which is an API's to say
 * @returns the account with the hash that was compared, or null if the name or the password is wrong,
 *   which takes the same time. What is done on the strength of it asks D1 whether that hash still stands
 * @throws `locked` with the seconds left; `rate_limited` where ten checks of this name are under way
 */
export async function checkPassword(
  core: Core,
  name: string,
  password: string,
  by: SignInName = "username",
): Promise<Account | null> {
  const typed = name.normalize("NFC");
  // Before the hash, so that of many guesses at the same moment only ten are looked at.
  const attempt = await reserve(core, typed);
  const find = by === "username" ? findAccount : findAccountByNameOrEmail;
  const account = await find(core.db, typed);
  const right = await passwordMatches(password, account?.passwordHash ?? null, core.timing.passwordHash);
  if (!account || !right) {
    const old = Date.now() - attemptLifetimeMs(core.timing.passwords);
    await keepAttempt(core.db, attempt, typed, old);
    return null;
  }
  await releaseAttempt(core.db, attempt);
  return account;
}

/**
 * Checks the password of who calls, before what only he may do.
 * @throws `forbidden` if it is wrong, `unauthenticated` if the account is gone; `locked`, `rate_limited`
 *   as `checkPassword`
 */
export async function checkOwnPassword(core: Core, userId: UserId, password: string): Promise<Account> {
  const user = await findUser(core.db, userId);
  if (!user) throw accountDeleted();
  const account = await checkPassword(core, user.username, password);
  if (account?.user.id === userId) return account;
  if (await findUser(core.db, userId)) throw wrongPassword();
  // Deleted while this was looked at: the name is not to stand there as that of a wrong guess.
  await forgetAttempts(core.db, user.username);
  throw accountDeleted();
}

/** What a caller is told whose own password is not the one he gave. */
export function wrongPassword(): CoreError {
  return new CoreError("forbidden", "The password is wrong: give the one that you have now.");
}

/** Takes one of the ten attempts. Those that right passwords hold come back, so these are waited for. */
async function reserve(core: Core, name: string): Promise<number> {
  const { passwords } = core.timing;
  for (let wait = 0; ; wait++) {
    const now = Date.now();
    const rule: AttemptRule = { attempts: ATTEMPTS, window: passwords.lockMs };
    const id = await reserveAttempt(core.db, name, rule, now);
    if (id !== null) return id;
    const left = lockedFor(await newestAttempts(core.db, name, ATTEMPTS), now, passwords);
    if (left > 0) {
      throw new CoreError("locked", "Too many wrong passwords for this name. Wait, then try again.", {
        retryAfter: Math.ceil(left / 1_000),
      });
    }
    if (wait === WAITS) {
      throw new CoreError("rate_limited", "Too many sign-ins with this name at once. Try again.", {
        retryAfter: 1,
      });
    }
    const longest = passwords.backoffMs * 2 ** wait;
    await new Promise((resolve) => setTimeout(resolve, (longest * (1 + Math.random())) / 2));
  }
}

/** Milliseconds for which a name with these newest attempts stays locked; 0: it is not. */
function lockedFor(
  newest: { at: number; wrong: boolean }[],
  now: number,
  { lockMs, checkTimeoutMs }: Timing["passwords"],
): number {
  const settled = newest.filter(({ at, wrong }) => wrong || at <= now - checkTimeoutMs);
  const first = settled[0];
  const tenth = settled[ATTEMPTS - 1];
  if (!first || !tenth || first.at - tenth.at >= lockMs) return 0;
  return Math.max(0, first.at + lockMs - now);
}
