import type { HookStubs } from "../../hook/stub.ts";
import { errorFields, log } from "../../lib/logger.ts";
import type { Database } from "../../storage/database.ts";
import { listHooksOfUsers } from "../../storage/server/user-events.ts";
import type { Core } from "../context.ts";

/**
 * Has hooks look what became of users and of spaces, and which reports they made, behind the answer. Call it
 * after a change of D1: without a hook it reads an empty table. After a crash the hourly job does it.
 */
export function usersChanged(core: Core): void {
  core.waitUntil(wakeHooksOfUsers(core.db, core.hooks));
}

/** The same. Never rejects. */
export async function wakeHooksOfUsers(db: Database, hooks: HookStubs): Promise<void> {
  try {
    for (const id of await listHooksOfUsers(db)) await hooks.wake(id);
  } catch (error) {
    log("warn", "hook_not_woken", errorFields(error));
  }
}
