import { env } from "cloudflare:workers";

/** More than any test file makes. */
const USERS_A_FILE = 20_000;
const CONVERSATIONS_A_FILE = 5_000;

/** how many files have run in this runtime; modules outlive a file */
let files = 0;

/**
 * Has the ids of this file's users and conversations follow those of the files before. An object is named by its id,
 * and `reset()` leaves the storage of objects that sleep: their names must not come again.
 */
export async function continueNumbering(): Promise<void> {
  const set = env.DB.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)");
  const clear = env.DB.prepare("DELETE FROM sqlite_sequence");
  const users = set.bind("users", 99_999 + files * USERS_A_FILE);
  const conversations = set.bind("conversations", files * CONVERSATIONS_A_FILE);
  await env.DB.batch([clear, users, conversations]);
  files++;
}
