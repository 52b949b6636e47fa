import { freshName, type SignedIn } from "../clients/api.ts";
import { insertSignedIn } from "./rows.ts";

/**
 * Inserts `count` users with a session each, without passwords.
 * @param lifetimeS of the sessions, in s
 */
export function signedInUsers(count: number, lifetimeS = 3_600): Promise<SignedIn[]> {
  const usernames = Array.from({ length: count }, () => freshName("signed"));
  return insertSignedIn({ usernames, createdAt: 0, lifetimeS });
}
