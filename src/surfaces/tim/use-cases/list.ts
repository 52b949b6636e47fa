import { loadProfilesAmong, type ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import type { Core } from "../../../core/context.ts";
import { loadWithProfiles } from "../../../core/conversations/conversations.ts";
import type { InboxEntry, ListPosition } from "../../../domain/conversations/conversation-list.ts";
import { decodeCursor, encodeCursor } from "../../../domain/conversations/pagination.ts";
import type { ConversationId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { NotificationBox } from "../../../domain/sync/notification.ts";
import {
  type ConversationAddress,
  type ConversationByName,
  resolveAll,
  withGroupView,
} from "./conversations.ts";
import type { NotificationSummary } from "./notifications.ts";

/** An entry of a list: a conversation, or the notifications. */
export type ListItem = ConversationByName | { notices: NotificationSummary };

/** Entries of a list, with the notifications in their position, and the profiles of all users in them. */
export interface ListPart {
  items: ListItem[];
  profiles: ProfileLookup;
}

/** What of a list is asked for: all, these names, or only these conversations. */
interface ListQuery {
  names?: ConversationAddress[] | undefined;
  only?: ConversationId[] | undefined;
  limit: number;
  cursor?: string;
}

/**
 * A page of the caller's list, or of those of `names` that are in it: pinned conversations first, then the
 * newest activity, with the notifications in their position. One call of the inbox and one query of D1 for
 * any number of entries.
 * @returns the page, and the cursor of the next one; null: this is the last one
 * @throws `validation_failed` for a cursor of another list
 */
export async function listByName(
  core: Core,
  caller: UserId,
  { names, only, limit, cursor }: ListQuery,
): Promise<ListPart & { nextCursor: string | null }> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const ids =
    only ?? (names && (await resolveAll(core, caller, names)).flatMap((address) => address?.id ?? []));
  const range = { limit: limit + 1, ...(after && { after }), ...(ids && { ids }) };
  const { entries, box } = await core.inboxes.overview(caller, range);
  const slots: Slot[] = [...entries];
  const notices = only ? null : !names || names.some(({ type }) => type === "system") ? noticesOf(box) : null;
  if (notices && (!after || compare(after, notices) < 0)) {
    slots.splice(indexOf(notices, slots, true), 0, notices);
  }
  const page = slots.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = slots.length > limit && last ? encodeCursor(last) : null;
  return { ...(await load(core, caller, page)), nextCursor };
}

/**
 * The caller's whole list, in the order of `listByName`: at most 10,000 conversations. They come in parts of
 * 100; a part is read when the consumer asks for it. The order is fixed at the start, so that changes
 * meanwhile neither skip nor repeat an entry. A part is one call of the inbox and one query of D1.
 * @param limit a multiple of 100
 * @returns the number of parts, the parts, and the cursor of what follows; null: this is the whole list
 */
export async function listAllByName(
  core: Core,
  caller: UserId,
  limit: number = LIMITS.wholeList,
): Promise<{ partCount: number; parts: AsyncIterable<ListPart>; nextCursor: string | null }> {
  const { entries, box } = await core.inboxes.overview(caller, { limit: LIMITS.page + 1 });
  const notices = noticesOf(box);
  if (entries.length <= LIMITS.page) {
    const slots = notices ? [...entries, notices].toSorted(compare) : entries;
    return { partCount: 1, parts: only(await load(core, caller, slots)), nextCursor: null };
  }
  const onRecord = await core.inboxes.listOnRecord(caller);
  const active = onRecord.filter(({ state }) => state === "active");
  const listed = [...active.filter(({ pinned }) => pinned), ...active.filter(({ pinned }) => !pinned)];
  const taken = listed.slice(0, limit);
  const last = taken.at(-1);
  const isCut = listed.length > limit;
  const nextCursor = isCut && last ? encodeCursor({ ...last, pinned: last.pinned ?? false }) : null;
  async function* parts() {
    let pending = notices;
    for (let i = 0; i < taken.length; i += LIMITS.page) {
      const ids = taken.slice(i, i + LIMITS.page).map(({ conversationId }) => conversationId);
      const slots: Slot[] = await core.inboxes.entries(caller, { ids });
      const isEnd = !isCut && i + LIMITS.page >= taken.length;
      const index = pending ? indexOf(pending, slots, isEnd) : -1;
      if (pending && index >= 0) {
        slots.splice(index, 0, pending);
        pending = null;
      }
      yield await load(core, caller, slots);
    }
  }
  return { partCount: Math.ceil(taken.length / LIMITS.page), parts: parts(), nextCursor };
}

async function* only<T>(part: T) {
  yield part;
}

/** The notifications of a list, with the position at which they are listed. */
interface Notices extends ListPosition {
  conversationId: 0;
  newest: NonNullable<NotificationBox["newest"]>;
  unreadCount: number;
}

type Slot = InboxEntry | Notices;

const isNotices = (slot: Slot): slot is Notices => "newest" in slot;
const isEntry = (slot: Slot): slot is InboxEntry => !isNotices(slot);

/** The notifications as the list has them; null: there are none, or the user has hidden them. */
function noticesOf({ newest, unreadCount, isListed }: NotificationBox): Notices | null {
  if (!newest || !isListed) return null;
  return { pinned: false, updatedAt: newest.createdAt, conversationId: 0, newest, unreadCount };
}

/** The order of a list. Negative: `a` is before `b`. */
function compare(a: ListPosition, b: ListPosition): number {
  return (
    Number(b.pinned) - Number(a.pinned) || b.updatedAt - a.updatedAt || b.conversationId - a.conversationId
  );
}

/** Where the notifications belong among entries; -1: after them. `isEnd`: no entries follow these. */
function indexOf(notices: Notices, slots: Slot[], isEnd: boolean): number {
  const index = slots.findIndex((slot) => compare(notices, slot) < 0);
  return index < 0 && isEnd ? slots.length : index;
}

async function load(core: Core, caller: UserId, slots: Slot[]): Promise<ListPart> {
  const notices = slots.find(isNotices);
  const entries = slots.filter(isEntry);
  const others = [caller, ...(notices ? [notices.newest.actorId] : [])];
  if (slots.length === 0) return { items: [], profiles: loadProfilesAmong([]) };
  const { items, profiles } = await loadWithProfiles(core, caller, entries, others);
  const found = new Map<ConversationId, ConversationByName>(
    items.map((item) => [item.id, withGroupView(core, item)]),
  );
  const toItem = (slot: Slot): ListItem | null => {
    if (!isNotices(slot)) return found.get(slot.conversationId) ?? null;
    const { unreadCount, newest } = slot;
    const actor = profiles(newest.actorId);
    return { notices: { unreadCount, newest: { ...newest, actor, receiver: profiles(caller) } } };
  };
  return { items: slots.flatMap((slot) => toItem(slot) ?? []), profiles };
}
