import type { Credential } from "../../domain/accounts/session.ts";
import type { SignInOrigin } from "../../domain/accounts/sign-in.ts";
import type { Account, Me } from "../../domain/accounts/user.ts";
import { CoreError } from "../../domain/errors.ts";
import { looksDeleted } from "../../domain/names/names.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { storedForm } from "../../lib/text-forms.ts";
import type { NameTaken } from "../../storage/accounts/name-conditions.ts";
import { recordSignInPlace } from "../../storage/accounts/sign-in-places.ts";
import { insertUser } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { requireAllowed } from "../moderation/shown-texts.ts";
import { usersChanged } from "../server/user-events.ts";
import { admitted, giveOwnRole } from "./admission.ts";
import { hashPassword } from "./password-hash.ts";
import { requireStrongPassword } from "./password-rules.ts";
import { checkPassword, type SignInName } from "./passwords.ts";
import { openSession } from "./sessions.ts";

/** A user with the session that was opened for them. */
export interface SignedIn {
  user: Me;
  credential: Credential;
}

/** The device that registers or signs in. */
export interface Device {
  /** its `User-Agent`; `""` if it sent none */
  userAgent: string;
  origin: SignInOrigin;
}

/** The input of a registration, validated by the surface's schema. */
export interface Registration {
  /** a `Username`, or a surface's narrower form of it */
  username: string;
  password: string;
  email?: string | undefined;
  nickname?: string | undefined;
  /** the code of an invitation, or of the server's first account */
  invitation?: string | undefined;
}

/**
 * Creates an account and opens a session.
 * @throws `conflict` if the username is taken, or looks like another user's; `validation_failed` as
 *   `requireStrongPassword`; `forbidden`, `not_found` as `admitted`; `refused` for a name that rules refuse;
 *   `unavailable` while too many passwords are hashed
 */
export async function register(core: Core, input: Registration, device: Device): Promise<SignedIn> {
  const role = await admitted(core, input.invitation);
  const { password, email = "", nickname = "" } = input;
  const username = storedForm(input.username);
  if (looksDeleted(username)) throw usernameTaken("taken");
  await requireStrongPassword("body.password", password, { username, email });
  await requireAllowed(core, { username, nickname });
  const passwordHash = await hashPassword(core, password);
  const user = await insertUser(core.db, { username, passwordHash, email, nickname, createdAt: Date.now() });
  if (user === "taken" || user === "looks_alike") throw usernameTaken(user);
  core.securityLog.record("registered", { user: user.id, by: user.id });
  if (role !== "user") await giveOwnRole(core, user.id, role);
  usersChanged(core);
  return signIn(core, { user, passwordHash }, device);
}

/**
 * Opens a further session of an account.
 * @throws `unauthenticated` if the name or the password is wrong, without stating which; `locked`,
 *   `rate_limited` as `checkPassword`
 */
export async function login(
  core: Core,
  { username, password }: { username: string; password: string },
  device: Device,
  by: SignInName = "username",
): Promise<SignedIn> {
  const { origin } = device;
  const account = await checkPassword(core, { name: username, password, origin, by });
  if (!account) throw wrongCredentials();
  const signedIn = await signIn(core, account, device);
  core.securityLog.record("sign_in", { user: account.user.id, by: account.user.id });
  return signedIn;
}

/** @throws `unauthenticated` if the password has changed, or the account was deleted, since the check */
async function signIn(core: Core, account: Account, { userAgent, origin }: Device): Promise<SignedIn> {
  const credential = await openSession(core, account, userAgent);
  if (!credential) throw wrongCredentials();
  // A place that is not recorded is only slower at the next sign-in.
  await recordSignInPlace(core.db, credential.userId, origin.place, Date.now()).catch((error: unknown) =>
    log("warn", "sign_in_place_failed", errorFields(error)),
  );
  return { user: account.user, credential };
}

/** The `conflict` of a username. It does not say which name the new one looks like. */
export function usernameTaken(reason: NameTaken): CoreError {
  const detail =
    reason === "taken" ? "This username is taken." : "This username looks like the name of another user.";
  return new CoreError("conflict", `${detail} Choose another one.`);
}

function wrongCredentials(): CoreError {
  return new CoreError("unauthenticated", "The username or the password is wrong.");
}
