import type { Person } from "../../domain/accounts/person.ts";
import type { UserId } from "../../domain/ids.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { findLiveUsers } from "../../storage/accounts/users.ts";
import type { Core } from "../context.ts";

/** Bots that an isolate knows, and for how long (ms): D1 is asked of each once a minute. */
const MAX_KNOWN = 10_000;
const KEEP_MS = 60_000;

const known = new LruMap<UserId, { bot: Person; until: number }>(() => MAX_KNOWN);

/** The profile of a bot; null: the user is none. */
export async function botOf(core: Core, id: UserId): Promise<Person | null> {
  const found = known.get(id);
  if (found && found.until > Date.now()) return found.bot;
  const [bot] = await findLiveUsers(core.db, [id]);
  if (!bot?.bot) return null;
  known.set(id, { bot, until: Date.now() + KEEP_MS });
  return bot;
}
