import type { UserId } from "../../../domain/ids.ts";
import { overQuota } from "../../../domain/quotas.ts";
import { countSpaces } from "../../../storage/spaces/spaces.ts";
import type { Core } from "../../context.ts";

/**
 * Requires that a user may come into one more space: says why the storage has let them into none.
 * @param most spaces that they may be in; null: any number
 * @throws `quota`
 */
export async function requireRoomForSpace(core: Core, userId: UserId, most: number | null): Promise<void> {
  if (most === null) return;
  const used = await countSpaces(core.db, userId);
  if (used >= most) throw overQuota("in_spaces", { limit: most, used, resetsAt: null });
}
