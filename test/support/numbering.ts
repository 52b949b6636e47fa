import { env } from "cloudflare:workers";

/** More than any test file creates. */
const USERS_A_FILE = 20_000;
const CONVERSATIONS_A_FILE = 5_000;

/** the number of files that have run in this runtime; modules outlive a file */
let files = 0;

/**
 * Numbers the users and conversations of this file after those of earlier files. Objects are named by these
 * ids, and `reset()` keeps the storage of objects that sleep: their names must not be reused.
 */
export async function continueNumbering(): Promise<void> {
  const set = env.DB.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)");
  const clear = env.DB.prepare("DELETE FROM sqlite_sequence");
  const users = set.bind("users", 99_999 + files * USERS_A_FILE);
  const conversations = set.bind("conversations", files * CONVERSATIONS_A_FILE);
  await env.DB.batch([clear, users, conversations]);
  files++;
}
