import { loadProfiles, type ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import type { Core } from "../../../core/context.ts";
import { getConversation, setPreferences } from "../../../core/conversations/conversations.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { Conversation } from "../../../domain/conversations/conversation.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import { invalid, noConversation, nullIfNotFound } from "../../../domain/errors.ts";
import type { ConversationId, Seq, UserId } from "../../../domain/ids.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { ConversationContext } from "../../../domain/sync/message-context.ts";
import { findListRecords } from "../../../storage/conversations/conversations.ts";
import { findGroupIds, findPeersByName } from "../../../storage/conversations/lookup-by-name.ts";
import { type GroupByName, toGroupByName } from "./groups.ts";
import { type NotificationSummary, summarizeNotifications } from "./notifications.ts";

/** How a user is alerted of messages: as usual, without a sound, or never, with nothing counted as unread. */
type Reminder = "usual" | "silent" | "never";

/**
 * Sets the caller's reminder for a conversation.
 * @throws `not_found` unless the caller is a member
 */
export async function setReminder(
  core: Core,
  caller: UserId,
  id: ConversationId,
  reminder: Reminder,
): Promise<Conversation> {
  await core.conversations.setIgnoreUnread(id, { userId: caller, ignoresUnread: reminder === "never" });
  return setPreferences(core, caller, id, { silent: reminder !== "usual" });
}

/** The reminder of a conversation, from its preferences. */
export function reminderOf({
  ignoresUnread,
  silent,
}: Pick<Conversation, "ignoresUnread" | "silent">): Reminder {
  if (ignoresUnread) return "never";
  return silent ? "silent" : "usual";
}

/**
 * Removes conversations from the caller's list until their next message, all of them or none. All messages
 * count as read. The history stays, or is deleted for the caller.
 * @throws `not_found` unless the caller is a member of each
 */
async function removeFromList(
  core: Core,
  caller: UserId,
  ids: ConversationId[],
  { keepsHistory }: { keepsHistory: boolean },
): Promise<void> {
  const listed = await findListRecords(
    core.db,
    caller,
    ids.map((id) => ({ id, senderId: null })),
  );
  if (ids.some((id) => !listed.has(id))) throw noConversation();
  // D1 does not know whether the caller has opened a direct conversation.
  const direct = ids.filter((id) => listed.get(id)?.profile.kind === "direct");
  await Promise.all(direct.map((id) => core.conversations.describe(id, { userId: caller })));
  await Promise.all(ids.map((id) => core.conversations.deleteForMe(id, { userId: caller, keepsHistory })));
}

/**
 * The address of a conversation: the other user's username, a group's address, or the notifications
 * (`system`).
 */
export type ConversationAddress =
  | { type: "direct"; username: string }
  | { type: "group"; group: GroupAddress }
  | { type: "system" };

/** A resolved address. The direct conversation with `peer` may not exist yet (`id: null`). */
type ResolvedAddress = { id: ConversationId; peer?: Person } | { id: null; peer: Person };

/** A conversation; `group` is set if it is a group. */
export interface ConversationByName {
  conversation: Conversation;
  group: GroupByName | null;
}

/**
 * An entry of the list with its profiles; `unused`: a user without a direct conversation with the caller yet.
 */
export type ListedByName =
  | (ConversationByName & { profiles: ProfileLookup })
  | { unused: Person }
  | { notices: NotificationSummary | null };

/** A page of messages with context and profiles; `shown` is null if the conversation was never opened. */
export interface PageByName {
  items: Message[];
  hasMore: boolean;
  shown: { context: ConversationContext; profiles: ProfileLookup } | null;
}

/** A conversation by its address. @throws `not_found` unless the caller is a member, or could open it */
export async function getByName(
  core: Core,
  caller: UserId,
  name: ConversationAddress,
): Promise<ListedByName> {
  if (name.type === "system")
    return { notices: await summarizeNotifications(core, caller, { includeHidden: true }) };
  const resolved = await resolve(core, caller, name);
  if (resolved.id === null) return { unused: resolved.peer };
  const { id, peer } = resolved;
  const conversation = await ifOpened(peer, () => getConversation(core, caller, id));
  if (!conversation) {
    if (!peer) throw noConversation();
    return { unused: peer };
  }
  const { lastMessage, mentioned } = conversation;
  const others = [caller, ...mentioned.map(({ senderId }) => senderId)];
  const profiles = await loadProfiles(core, lastMessage ? [lastMessage] : [], others);
  return { ...withGroupView(core, conversation), profiles };
}

/** A conversation with its view as a group, if it is one. */
export function withGroupView(core: Core, conversation: Conversation): ConversationByName {
  return { conversation, group: conversation.kind === "group" ? toGroupByName(core, conversation) : null };
}

/** The bounds of a page: before a message; or as `pageWithContext` has them. */
interface PageBounds {
  before?: { conversationId: ConversationId; seq: Seq } | undefined;
  bounds?: { before?: number; after?: number; at?: number; until?: number };
  limit: number;
  /** a user who looks at an audience room reads, too */
  looks?: true;
}

/**
 * A page of messages in ascending order; without bounds the newest ones.
 * @throws `not_found` as `getByName`
 */
export async function pageByName(
  core: Core,
  caller: UserId,
  name: ConversationAddress,
  { before, bounds, limit, looks }: PageBounds,
): Promise<PageByName> {
  const { id, peer } = await resolve(core, caller, name);
  if (before && before.conversationId !== id) {
    throw invalid("before", "must be a message of this conversation");
  }
  const query = {
    userId: caller,
    limit,
    ...(looks && { looks }),
    ...(before && { before: before.seq }),
    ...bounds,
  };
  const page = id === null ? null : await ifOpened(peer, () => core.conversations.pageWithContext(id, query));
  if (!page) return { items: [], hasMore: false, shown: null };
  const { items, hasMore, context } = page;
  return { items, hasMore, shown: { context, profiles: await loadProfiles(core, items) } };
}

/**
 * Marks all messages of a conversation as read; does nothing if it was never opened.
 * @throws `not_found` as `getByName`
 */
export async function markReadByName(core: Core, caller: UserId, name: ConversationAddress): Promise<void> {
  if (name.type === "system") {
    await core.inboxes.readNotifications(caller);
    return;
  }
  const { id, peer } = await resolve(core, caller, name);
  if (id !== null) await ifOpened(peer, () => core.conversations.read(id, { userId: caller }));
}

/**
 * Does something with a conversation. A direct conversation with `peer`, which the caller has not opened and
 * which has no message, is treated like one that does not exist.
 * @returns null in that case
 * @throws `not_found` for a group that the caller is not in
 */
function ifOpened<T>(peer: Person | undefined, work: () => Promise<T>): Promise<T | null> {
  return peer ? work().catch(nullIfNotFound) : work();
}

/**
 * Removes conversations from the caller's list, all of them or none.
 * @throws `not_found`
 * @see removeFromList
 */
export async function removeFromListByName(
  core: Core,
  caller: UserId,
  names: ConversationAddress[],
  mode: { keepsHistory: boolean },
): Promise<void> {
  const conversations = names.filter(({ type }) => type !== "system");
  const ids = (await resolveAll(core, caller, conversations)).map((address) => address?.id ?? null);
  const known = ids.filter((id) => id !== null);
  if (known.length < ids.length) throw noConversation();
  if (known.length > 0) await removeFromList(core, caller, [...new Set(known)], mode);
  if (conversations.length < names.length)
    await core.inboxes.hideNotifications(caller, { forget: !mode.keepsHistory });
}

/**
 * The outcome for one of several users: set, or the missing thing (the user, or the direct conversation with
 * them).
 */
export interface ReminderSet {
  username: string;
  missing: "user" | "conversation" | null;
}

/** Sets the reminder of the caller's direct conversations with these users, where one exists. */
export async function remindOfDirect(
  core: Core,
  caller: UserId,
  usernames: string[],
  reminder: Reminder,
): Promise<ReminderSet[]> {
  const found = await findPeersByName(core.db, caller, usernames);
  const outcomeOf = async (username: string): Promise<ReminderSet> => {
    const peer = found.get(username);
    if (!peer?.conversationId) return { username, missing: peer ? "conversation" : "user" };
    const { conversationId } = peer;
    const set = await ifOpened(peer.peer, () => setReminder(core, caller, conversationId, reminder));
    return { username, missing: set ? null : "conversation" };
  };
  return Promise.all([...new Set(usernames)].map(outcomeOf));
}

/**
 * The number of a conversation that the caller is to be in.
 * @throws `not_found` for an unknown address, the notifications, and a direct conversation that nobody has
 *   opened
 */
export async function idByName(
  core: Core,
  caller: UserId,
  name: ConversationAddress,
): Promise<ConversationId> {
  const { id } = await resolve(core, caller, name);
  if (id === null) throw noConversation();
  return id;
}

async function resolve(core: Core, caller: UserId, name: ConversationAddress): Promise<ResolvedAddress> {
  const [resolved] = await resolveAll(core, caller, [name]);
  if (!resolved) throw noConversation();
  return resolved;
}

/** Resolves addresses, each to null if nothing has it: at most two queries of D1 for any number. */
export async function resolveAll(
  core: Core,
  caller: UserId,
  names: ConversationAddress[],
): Promise<(ResolvedAddress | null)[]> {
  const usernames = names.flatMap((name) => (name.type === "direct" ? [name.username] : []));
  const groups = names.flatMap((name) => (name.type === "group" ? [keyOf(name.group)] : []));
  const [direct, group] = await Promise.all([
    usernames.length > 0 ? findPeersByName(core.db, caller, usernames) : null,
    groups.length > 0 ? findGroupIds(core.db, groups) : null,
  ]);
  return names.map((name) => {
    if (name.type === "system") return null;
    if (name.type === "group") {
      const id = group?.get(keyOf(name.group));
      return id === undefined ? null : { id };
    }
    const peer = direct?.get(name.username);
    if (!peer) return null;
    return { id: peer.conversationId, peer: peer.peer };
  });
}

function keyOf(group: GroupAddress): ConversationId | string {
  return "id" in group ? group.id : group.handle;
}
