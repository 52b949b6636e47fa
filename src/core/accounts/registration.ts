import type { Credential } from "../../domain/accounts/session.ts";
import type { Account, Me } from "../../domain/accounts/user.ts";
import { CoreError } from "../../domain/errors.ts";
import { insertUser } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { hashPassword } from "./password-hash.ts";
import { checkPassword, type SignInName } from "./passwords.ts";
import { openSession } from "./sessions.ts";

/** A user and the session that was opened for him. */
export interface SignedIn {
  user: Me;
  credential: Credential;
}

/** What somebody says of himself to get an account, checked by the surface's schema. */
export interface Registration {
  /** a `Username`, or a surface's narrower form of it */
  username: string;
  password: string;
  email?: string | undefined;
  nickname?: string | undefined;
}

/** The names of deleted accounts: nobody may take one before its time. */
export const RESERVED = /^deleted-\d+$/;

/**
 * Makes an account and signs it in.
 * @param userAgent what the device calls itself
 * @throws `conflict` if the username is taken
 */
export async function register(core: Core, wanted: Registration, userAgent: string): Promise<SignedIn> {
  const { password, email = "", nickname = "" } = wanted;
  const username = wanted.username.normalize("NFC");
  const taken = new CoreError("conflict", "This username is taken. Choose another one.");
  if (RESERVED.test(username)) throw taken;
  const passwordHash = await hashPassword(password, core.timing.passwordHash);
  const user = await insertUser(core.db, { username, passwordHash, email, nickname, createdAt: Date.now() });
  if (!user) throw taken;
  return signIn(core, { user, passwordHash }, userAgent);
}

/**
 * Opens one more session of an account.
 * @throws `unauthenticated` if the name or the password is wrong, without telling which;
 *   `locked`, `rate_limited` as `checkPassword`
 */
export async function login(
  core: Core,
  { username, password }: { username: string; password: string },
  userAgent: string,
  by: SignInName = "username",
): Promise<SignedIn> {
  const account = await checkPassword(core, username, password, by);
  if (!account) throw wrong();
  return signIn(core, account, userAgent);
}

/** @throws `unauthenticated` if the password was changed, or the account deleted, since it was checked */
async function signIn(core: Core, account: Account, userAgent: string): Promise<SignedIn> {
  const credential = await openSession(core, account, userAgent);
  if (!credential) throw wrong();
  return { user: account.user, credential };
}

function wrong(): CoreError {
  return new CoreError("unauthenticated", "The username or the password is wrong.");
}
