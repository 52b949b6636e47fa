import type { Credential } from "../../domain/accounts/session.ts";
import type { User } from "../../domain/accounts/user.ts";
import { findUserByName } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";
import { openSigSession } from "./sessions.ts";
import { noUserWithName, usersWithName } from "./users.ts";

/**
 * Opens a session for a user at the request of the provisioning server, which has shown the rule key. Several
 * sessions may be in use at once.
 * @throws `not_found`
 */
export async function openSig(core: Core, username: string, userAgent: string): Promise<Credential> {
  const user = await findUserByName(core.db, username);
  const credential = user && (await openSigSession(core, user.id, userAgent));
  if (!credential) throw noUserWithName([username]);
  return credential;
}

/** The user of this name. @throws `not_found` */
export async function requireUserNamed(core: Core, username: string): Promise<User> {
  const [user] = await usersWithName(core, username);
  if (!user) throw noUserWithName([username]);
  return user;
}
