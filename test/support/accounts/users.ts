import { freshName, type People } from "../clients/api.ts";
import { insertSignedIn } from "./rows.ts";

/**
 * Inserts `count` users with a session each, without passwords.
 * @param lifetimeS of the sessions, in s
 */
export function signedInUsers<Count extends number>(count: Count, lifetimeS?: number): Promise<People<Count>>;
export function signedInUsers(count: number, lifetimeS = 3_600) {
  const usernames = Array.from({ length: count }, () => freshName("signed"));
  return insertSignedIn({ usernames, createdAt: 0, lifetimeS });
}
