import type { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { limitFor, overQuota } from "../../domain/quotas.ts";
import { findFileUse } from "../../storage/files/file-usage.ts";
import type { Core } from "../context.ts";

/** How many bytes of files a user may have, and has. */
interface FileRoom {
  /** null: any number */
  limit: number | null;
  used: number;
}

/** Reads it: two rows of D1, and none where no quota is set. */
export async function fileRoomOf(core: Core, userId: UserId): Promise<FileRoom> {
  const limit = core.settings.quotas.files;
  if (limit === null) return { limit, used: 0 };
  const { registeredAt, used } = await findFileUse(core.db, userId);
  return { limit: limitFor(limit, registeredAt, Date.now()), used };
}

/** @param bytes those that would come @throws `quota` if they have no room */
export function requireRoom(room: FileRoom, bytes: number): void {
  if (room.limit !== null && room.used + bytes > room.limit) throw noRoom(room);
}

/** The refusal of D1, which has counted when the file came. */
export function noRoom({ limit, used }: FileRoom): CoreError {
  return overQuota("files", { limit: limit ?? used, used, resetsAt: null });
}
