import { env } from "cloudflare:workers";

/** More than any test file creates. */
const USERS_A_FILE = 20_000;
const CONVERSATIONS_A_FILE = 5_000;

/** the number of files that have run in this runtime, this one too; modules outlive a file */
let files = 0;
/** the ids after which those of this file come */
const before = { users: 0, conversations: 0 };

/**
 * Numbers the users and conversations of this file after those of earlier files. Objects are named by these
 * ids, and `reset()` keeps the storage of objects that sleep: their names must not be reused.
 */
export async function continueNumbering(): Promise<void> {
  const set = env.DB.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)");
  const clear = env.DB.prepare("DELETE FROM sqlite_sequence");
  before.users = 99_999 + files * USERS_A_FILE;
  before.conversations = files * CONVERSATIONS_A_FILE;
  files++;
  const numbers = Object.entries(before).map(([table, seq]) => set.bind(table, seq));
  await env.DB.batch([clear, ...numbers]);
}

/** Whether an object is named by an id of a file that has run before. */
export function isOfEarlierFile(table: keyof typeof before, name: string | undefined): boolean {
  return Number(name) <= before[table];
}

/** The number of this file in its runtime. */
export function fileNumber(): number {
  return files;
}
