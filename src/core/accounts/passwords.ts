import type { Credential } from "../../domain/accounts/session.ts";
import {
  type AttemptSubject,
  bySession,
  fromElsewhere,
  fromPlace,
  type SignInOrigin,
} from "../../domain/accounts/sign-in.ts";
import type { Account } from "../../domain/accounts/user.ts";
import { CoreError, invalid } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import { storedForm } from "../../lib/text-forms.ts";
import { updatePassword } from "../../storage/accounts/account-updates.ts";
import {
  type AttemptRule,
  deleteAttempts,
  listNewestAttempts,
  markAttemptsWrong,
  reserveAttempt,
  reserveSpacedAttempt,
} from "../../storage/accounts/password-attempts.ts";
import { hasSignedInFrom } from "../../storage/accounts/sign-in-places.ts";
import {
  findAccount,
  findAccountById,
  findAccountsByNameOrEmail,
  findUser,
} from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { hashPassword, passwordMatches } from "./password-hash.ts";
import { requireStrongPassword } from "./password-rules.ts";
import { endSessionsWith } from "./session-end.ts";
import { accountDeleted } from "./users.ts";

/** The names that a sign-in accepts. A username takes precedence over an equal e-mail address. */
export type SignInName = "username" | "username or e-mail";

/** The number of wrong passwords within `lockMs` that locks an account for a place, for `lockMs`. */
const MAX_ATTEMPTS = 10;
/** The number of waits, of doubling length, while concurrent checks hold the remaining attempts. */
const MAX_WAITS = 6;

/** The age in ms after which an attempt no longer counts. */
export function attemptLifetimeMs({ lockMs }: Timing["passwords"]): number {
  return 2 * lockMs;
}

/** Whose password is tried, and by whom, for the security log; null: unknown. */
interface Whom {
  user: UserId | null;
  by: UserId | null;
}

/** A sign-in: the name as the user typed it, known or not, and the password. */
export interface SignInRequest {
  name: string;
  password: string;
  origin: SignInOrigin;
  /** the names that the API accepts */
  by: SignInName;
}

/**
 * Checks the password of a sign-in. All surfaces use this function, so that they share one count.
 *
 * Wrong passwords lock the account for the place from which they come, so that nobody is locked out by
 * others. From places and devices that have never signed in, all attempts together are slowed down. A device
 * that shows a former token has a count of its own. Names that nobody has are counted in the same way.
 * @returns the account with the compared hash; null if the name or the password is wrong, which takes the
 *   same time. A later statement that relies on the check compares the hash with D1 again
 * @throws `locked` with the remaining seconds; `rate_limited` while others guess, or while 10 checks are in
 *   progress; `unavailable` while too many passwords are hashed
 */
export async function checkPassword(
  core: Core,
  { name, password, origin, by }: SignInRequest,
): Promise<Account | null> {
  const typed = storedForm(name);
  const candidates =
    by === "username" ? [await findAccount(core.db, typed)] : await accountsFor(core, typed, origin);
  const { former, place } = origin;
  const own = candidates.map((account) => (account?.user.id === former?.userId ? account : null));
  // The count of a device is for guesses at its own account: others are not compared then.
  if (former && own.some((account) => account !== null))
    return findRight(core, own, password, { subjects: [bySession(former.sessionId)], spaced: [], by: null });
  const ids = [...new Set(candidates.flatMap((account) => account?.user.id ?? []))];
  const known = await Promise.all(ids.map((id) => hasSignedInFrom(core.db, id, place)));
  // The query for nobody keeps the time of a name that nobody has.
  if (ids.length === 0) await hasSignedInFrom(core.db, null, place);
  const people = ids.length === 0 ? [typed] : ids;
  return findRight(core, candidates, password, {
    subjects: people.map((whose) => fromPlace(whose, place)),
    spaced: people.filter((_, i) => known[i] !== true).map(fromElsewhere),
    by: null,
  });
}

/**
 * The accounts that a name or e-mail address may mean. A username goes first. Nobody verifies addresses, so
 * several accounts may have one: the first that set it, and the last that signed in from here. So a user who
 * sets another's address takes nothing from them, and does not learn whether they have an account.
 */
async function accountsFor(core: Core, typed: string, origin: SignInOrigin): Promise<(Account | null)[]> {
  const { named, firstByEmail, lastFromHere } = await findAccountsByNameOrEmail(core.db, typed, origin);
  const isAddress = typed.includes("@");
  // The number of passwords to compare depends on what was typed alone, and so does the time.
  if (!isAddress) return [named];
  return named && named.passwordHash !== null ? [named, null] : [firstByEmail ?? named, lastFromHere];
}

/**
 * Checks the caller's own password, for operations that require it. Wrong ones count for the session alone,
 * so that guesses from outside lock out no user who is signed in.
 * @throws `forbidden` if it is wrong or the caller has none, `unauthenticated` if the account is deleted;
 *   `locked`, `rate_limited` as `checkPassword`
 */
export async function checkOwnPassword(core: Core, caller: Credential, password: string): Promise<Account> {
  const account = await findAccountById(core.db, caller.userId);
  return requirePasswordOf(core, account, caller, password);
}

async function requirePasswordOf(
  core: Core,
  account: Account | null,
  { userId, sessionId }: Credential,
  password: string,
): Promise<Account> {
  if (!account) throw accountDeleted();
  if (account.passwordHash === null)
    throw new CoreError("forbidden", "You have no password: a service signs you in.");
  const counts = { subjects: [bySession(sessionId)], spaced: [], by: userId };
  if (await findRight(core, [account], password, counts)) return account;
  if (await findUser(core.db, userId, userId)) throw wrongPassword();
  // The account was deleted during the check.
  throw accountDeleted();
}

/**
 * Checks that an account is its caller's to delete: by their password. A user without one has their session
 * alone, which lasts as long as a user_sig: 5 minutes.
 * @throws `validation_failed` for an absent password that the caller has; else as `checkOwnPassword`
 */
export async function checkOwner(
  core: Core,
  caller: Credential,
  password: string | undefined,
): Promise<Account> {
  const account = await findAccountById(core.db, caller.userId);
  if (account?.passwordHash === null) return account;
  if (account && password === undefined) throw invalid("body.password", "must be the password that you have");
  return requirePasswordOf(core, account, caller, password ?? "");
}

/** The `forbidden` for a wrong password of the caller's own. */
export function wrongPassword(): CoreError {
  return new CoreError("forbidden", "The password is wrong: give the one that you have now.");
}

/**
 * Compares a password with those of some accounts, and counts the attempt if it is wrong. It is counted
 * before the hash: of many at once few run.
 * @param by the user whose token came with the call, for the security log
 * @returns the account that has it
 */
async function findRight(
  core: Core,
  accounts: (Account | null)[],
  password: string,
  { subjects, spaced, by }: { subjects: AttemptSubject[]; spaced: AttemptSubject[]; by: UserId | null },
): Promise<Account | null> {
  const whom = { user: accounts[0]?.user.id ?? null, by };
  const attempts: number[] = [];
  try {
    for (const subject of subjects) attempts.push(await reserve(core, subject, whom));
    for (const subject of spaced) attempts.push(await reserveSpaced(core, subject, whom));
  } catch (error) {
    await deleteAttempts(core.db, attempts);
    throw error;
  }
  const found = await findMatching(core, accounts, password).catch(async (error: unknown) => {
    // Not compared, so it was no guess.
    await deleteAttempts(core.db, attempts);
    throw error;
  });
  if (found) {
    await deleteAttempts(core.db, attempts);
    return found;
  }
  await markAttemptsWrong(core.db, attempts);
  core.securityLog.record("sign_in_failed", whom);
  return null;
}

/** The first of some accounts that has a password. All are compared, so that the time tells nothing. */
async function findMatching(
  core: Core,
  accounts: (Account | null)[],
  password: string,
): Promise<Account | undefined> {
  const matching: Account[] = [];
  for (const account of accounts)
    if ((await passwordMatches(core, password, account?.passwordHash ?? null)) && account)
      matching.push(account);
  return matching[0];
}

/**
 * Reserves one of the 10 attempts. Attempts of correct passwords are released, so a reserved one is waited
 * for.
 */
async function reserve(core: Core, subject: AttemptSubject, whom: Whom): Promise<number> {
  const { passwords } = core.timing;
  for (let wait = 0; ; wait++) {
    const now = Date.now();
    const rule: AttemptRule = { attempts: MAX_ATTEMPTS, window: passwords.lockMs };
    const id = await reserveAttempt(core.db, subject, rule, now);
    if (id !== null) return id;
    const newest = await listNewestAttempts(core.db, subject, MAX_ATTEMPTS);
    const remainingMs = lockedFor(newest, now, passwords);
    if (remainingMs > 0) {
      core.securityLog.record("locked", whom);
      throw new CoreError("locked", "Too many wrong passwords. Wait, then try again.", {
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

/** Reserves an attempt of a place that has never signed in. */
async function reserveSpaced(core: Core, subject: AttemptSubject, whom: Whom): Promise<number> {
  const { passwords } = core.timing;
  const rule = {
    free: MAX_ATTEMPTS,
    window: attemptLifetimeMs(passwords),
    firstGap: passwords.gapMs,
    maxGap: passwords.maxGapMs,
  };
  const attempt = await reserveSpacedAttempt(core.db, subject, rule, Date.now());
  if ("id" in attempt) return attempt.id;
  core.securityLog.record("locked", whom);
  const detail = "Somebody guesses at this name. Sign in from a device that has signed in before, or wait.";
  throw new CoreError("rate_limited", detail, { retryAfter: Math.ceil(attempt.waitMs / 1_000) });
}

/** The milliseconds for which a subject with these newest attempts is still locked; 0: it is not. */
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
