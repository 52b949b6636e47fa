import { z } from "zod";
import {
  type Page,
  type PageQuery,
  pageAmong,
  pageOf,
  readCursor,
} from "../../domain/conversations/pagination.ts";
import { CoreError } from "../../domain/errors.ts";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import type { Space } from "../../domain/spaces/space.ts";
import { comparisonForm } from "../../lib/text-forms.ts";
import { joinDiscoverable, listDiscoverable } from "../../storage/spaces/directory.ts";
import type { Core } from "../context.ts";
import { limitOf } from "../quotas.ts";
import { followFirst } from "./channels.ts";
import { bannedFromSpace, spaceFull } from "./from-space.ts";
import { requireRoomForSpace } from "./own/room.ts";
import { getSpace, noSpace, type OwnSpace } from "./spaces.ts";
import { tellOfMember } from "./tell-devices.ts";

/** Spaces that a search looks at in one call. */
const LOOKED_AT = 500;

const DirectoryPosition = z.tuple([z.int().positive(), z.literal("directory")]);

/**
 * A page of the spaces that anybody may join, the newest first. A search may have fewer than `limit`, and a
 * cursor.
 * @param text only those whose name or description has it, as people read it
 * @throws `not_found` where the server has no directory; `validation_failed` for another list's cursor
 */
export async function searchDirectory(
  core: Core,
  { limit, cursor, text }: PageQuery & { text?: string | undefined },
): Promise<Page<Space>> {
  requireDirectory(core);
  const [before] = cursor === undefined ? [] : readCursor(DirectoryPosition, cursor);
  const cursorOf = ({ id }: Space) => [id, "directory"];
  if (text === undefined)
    return pageOf(await listDiscoverable(core.db, { before, limit: limit + 1 }), limit, cursorOf);
  const wanted = comparisonForm(text);
  const isWanted = ({ name, description }: Space) =>
    comparisonForm(`${name}\n${description}`).includes(wanted);
  const looked = await listDiscoverable(core.db, { before, limit: LOOKED_AT + 1 });
  return pageAmong(looked, { lookedAt: LOOKED_AT, limit }, isWanted, cursorOf);
}

/**
 * Comes into a space of the directory, and follows its default channels. A member gets the same answer.
 * @throws `not_found` for a space that it does not show; `group_full`, `forbidden` for a banned user; `quota`
 *   for one space more than the caller may be in
 */
export async function joinSpace(
  core: Core,
  caller: UserId,
  id: SpaceId,
): Promise<{ space: OwnSpace; channelId: ConversationId | null }> {
  requireDirectory(core);
  const most = core.settings.maxSpaceMembers;
  const mostSpaces = await limitOf(core, caller, "in_spaces");
  const found = await joinDiscoverable(core.db, id, { userId: caller, now: Date.now(), most, mostSpaces });
  if (!found) throw noSpace();
  if (found.isBanned) throw bannedFromSpace();
  if (!found.hasJoined && !found.isMember) {
    if (found.isFull) throw spaceFull(most);
    await requireRoomForSpace(core, caller, mostSpaces);
    throw noSpace();
  }
  if (found.hasJoined) tellOfMember(core, id, caller);
  return {
    channelId: await followFirst(core, caller, id, { isNew: found.hasJoined }),
    space: await getSpace(core, caller, id),
  };
}

function requireDirectory({ settings }: Core): void {
  if (!settings.spacesDirectory) throw new CoreError("not_found", "This server has no directory of spaces.");
}
