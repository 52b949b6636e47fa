import { findDirect } from "../storage/flags.ts";
import type { Core } from "./core.ts";
import type { UserId } from "./ids.ts";

/**
 * Changes in D1 whether two may write to each other, so that their conversation obeys it from the answer
 * on, whatever dies in between: it is announced there before, and it looks at D1 after. A change that
 * throws may yet come to D1: its announcement stands until the conversation ends it.
 * @throws `unavailable` where the conversation cannot be reached: repeat the whole
 */
export async function changingFlags<T>(
  core: Core,
  one: UserId,
  other: UserId,
  change: () => Promise<T>,
): Promise<T> {
  const token = crypto.randomUUID();
  const before = await findDirect(core.db, one, other);
  if (before !== null) await core.conversations.flagsChanging(before, token);
  const changed = await change();
  // One that was opened meanwhile may have been made with what D1 said before.
  const after = before ?? (await findDirect(core.db, one, other));
  if (after !== null) await core.conversations.refreshFlags(after, token);
  return changed;
}
