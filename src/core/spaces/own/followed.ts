import type { Conversation } from "../../../domain/conversations/conversation.ts";
import type { Page } from "../../../domain/conversations/pagination.ts";
import type { SpaceId, UserId } from "../../../domain/ids.ts";
import { listAllFollowed, listFollowed } from "../../../storage/spaces/channels.ts";
import type { Core } from "../../context.ts";
import { type ListQuery, listConversations } from "../../conversations/conversations.ts";
import { readEach } from "../../conversations/unread.ts";
import { getSpace } from "../spaces.ts";

/** Which part of a list is asked for: the channels of a space, or what is no channel. */
export type ListedSpace = SpaceId | "none";

/**
 * A page of the caller's list, as `listConversations` gives it: of the channels of a space that they follow,
 * or of what is no channel.
 * @throws `not_found` for a space that they are not in, `validation_failed` for a cursor of another list
 */
export async function listFollowedIn(
  core: Core,
  caller: UserId,
  listed: ListedSpace,
  query: Omit<ListQuery, "ids" | "exceptIds">,
): Promise<Page<Conversation>> {
  if (listed === "none") {
    const exceptIds = await listAllFollowed(core.db, caller);
    const page = await listConversations(core, caller, { ...query, exceptIds });
    // A channel that was followed meanwhile.
    return { ...page, items: page.items.filter(({ spaceId }) => spaceId === null) };
  }
  const [ids] = await Promise.all([listFollowed(core.db, listed, caller), getSpace(core, caller, listed)]);
  return listConversations(core, caller, { ...query, ids });
}

/**
 * Marks all messages as read in the channels of a space that the caller follows.
 * @param admit is told the number of channels before they are read
 * @throws `not_found` for a space that they are not in; as `admit`
 */
export async function readSpace(
  core: Core,
  caller: UserId,
  id: SpaceId,
  admit: (channels: number) => Promise<void>,
): Promise<void> {
  const [ids, unread] = await Promise.all([
    listFollowed(core.db, id, caller),
    core.inboxes.unread(caller),
    getSpace(core, caller, id),
  ]);
  const followed = new Set(ids);
  const wanted = unread.flatMap(({ conversationId }) => (followed.has(conversationId) ? conversationId : []));
  await admit(wanted.length);
  await readEach(core, caller, wanted);
}
