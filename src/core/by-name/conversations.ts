import type { Person } from "../../domain/accounts/person.ts";
import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { GroupAddress } from "../../domain/conversations/group-address.ts";
import { invalid, noConversation } from "../../domain/errors.ts";
import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { ConversationContext } from "../../domain/sync/conversation-context.ts";
import { findGroupIds, findKnownPeers } from "../../storage/conversations/lookup-by-name.ts";
import { loadProfiles, type ProfileLookup } from "../accounts/profile-lookup.ts";
import type { Core } from "../context.ts";
import { removeFromList } from "../conversations/clear.ts";
import { getConversation, listWithNotifications } from "../conversations/conversations.ts";
import { type Reminder, setReminder } from "../conversations/reminders.ts";
import { markAllRead } from "../messages/messages.ts";
import {
  hideNotifications,
  type NotificationSummary,
  readNotifications,
  summarizeNotifications,
} from "../notifications.ts";
import { type GroupByName, ofConversation } from "./groups.ts";

/** What calls a conversation: the other one's username, what calls a group; and what stands for the notices. */
export type ConversationAddress =
  | { type: "direct"; username: string }
  | { type: "group"; group: GroupAddress }
  | { type: "system" };

/** Which conversation is called so. With somebody there may be none yet. */
type Found = { id: ConversationId } | { id: null; peer: Person };

/** A conversation, and as a group, if it is one. */
export interface ConversationByName {
  conversation: Conversation;
  group: GroupByName | null;
}

/** The same, and who is who in it; or with whom there is none yet. */
export type ListedByName =
  | (ConversationByName & { profiles: ProfileLookup })
  | { unused: Person }
  | { notices: NotificationSummary | null };

/** Messages of a conversation, what it is like, and who is who in it; null: it was never opened. */
export interface PageByName {
  items: Message[];
  hasMore: boolean;
  shown: { context: ConversationContext; profiles: ProfileLookup } | null;
}

/** A conversation by its name. @throws `not_found` unless the caller is in it, or could open it */
export async function getByName(
  core: Core,
  caller: UserId,
  name: ConversationAddress,
): Promise<ListedByName> {
  if (name.type === "system")
    return { notices: await summarizeNotifications(core, caller, { evenHidden: true }) };
  const found = await resolve(core, caller, name);
  if (found.id === null) return { unused: found.peer };
  const conversation = await getConversation(core, caller, found.id);
  const { lastMessage, mentioned } = conversation;
  const others = [caller, ...mentioned.map(({ senderId }) => senderId)];
  const profiles = await loadProfiles(core, lastMessage ? [lastMessage] : [], others);
  return { ...shown(core, conversation), profiles };
}

/** Conversations of somebody's list, his notices in their place among them, and who is who in all of it. */
export interface ListByName {
  items: (ConversationByName | { notices: NotificationSummary })[];
  profiles: ProfileLookup;
}

/**
 * The caller's conversations, or those of these that are in his list: sticky ones first, then newest activity, the
 * notices among them; and who is who in them. One call of his inbox and one query of D1 whatever their number.
 */
export async function listByName(
  core: Core,
  caller: UserId,
  { names, limit }: { names: ConversationAddress[] | undefined; limit: number },
): Promise<ListByName> {
  const found = names && (await resolveAll(core, caller, names));
  const ids = found?.flatMap((one) => one?.id ?? []);
  const { items, box, profiles } = await listWithNotifications(core, caller, { limit, ...(ids && { ids }) });
  const all: ListByName["items"] = items.map((item) => shown(core, item));
  const { newest, unreadCount, isListed } = box;
  if (newest && isListed && (!names || names.some(({ type }) => type === "system"))) {
    const place = items.findIndex(({ pinned, updatedAt }) => !pinned && updatedAt < newest.createdAt);
    const notifications = {
      unreadCount,
      newest: { ...newest, actor: profiles(newest.actorId), receiver: profiles(caller) },
    };
    all.splice(place < 0 ? items.length : place, 0, { notices: notifications });
  }
  return { items: all.slice(0, limit), profiles };
}

function shown(core: Core, conversation: Conversation): ConversationByName {
  return { conversation, group: conversation.kind === "group" ? ofConversation(core, conversation) : null };
}

/** A page of messages in rising order, the newest of those before a seq. @throws `not_found` as `getNamed` */
export async function pageByName(
  core: Core,
  caller: UserId,
  name: ConversationAddress,
  { before, limit }: { before?: { conversationId: ConversationId; seq: Seq } | undefined; limit: number },
): Promise<PageByName> {
  const { id } = await resolve(core, caller, name);
  if (before && before.conversationId !== id) {
    throw invalid("before", "must be a message of this conversation");
  }
  if (id === null) return { items: [], hasMore: false, shown: null };
  const asked = { userId: caller, limit, ...(before && { before: before.seq }) };
  const { items, hasMore, context } = await core.conversations.pageWithContext(id, asked);
  return { items, hasMore, shown: { context, profiles: await loadProfiles(core, items) } };
}

/** Marks all of a conversation as read; where there is none yet there is nothing to read. @throws `not_found` as `getNamed` */
export async function markReadByName(core: Core, caller: UserId, name: ConversationAddress): Promise<void> {
  if (name.type === "system") return readNotifications(core, caller);
  const { id } = await resolve(core, caller, name);
  if (id !== null) await markAllRead(core, caller, id);
}

/** Takes conversations out of the caller's list, all of them or none. @throws `not_found` @see removeFromList */
export async function removeFromListByName(
  core: Core,
  caller: UserId,
  names: ConversationAddress[],
  how: { keepsHistory: boolean },
): Promise<void> {
  const conversations = names.filter(({ type }) => type !== "system");
  const ids = (await resolveAll(core, caller, conversations)).map((found) => found?.id ?? null);
  const known = ids.filter((id) => id !== null);
  if (known.length < ids.length) throw noConversation();
  if (known.length > 0) await removeFromList(core, caller, [...new Set(known)], how);
  if (conversations.length < names.length) await hideNotifications(core, caller, !how.keepsHistory);
}

/** What became of it for one of several: done, or there is no such user, or no conversation with him. */
export interface ReminderSet {
  username: string;
  missing: "user" | "conversation" | null;
}

/** Settles how the caller hears of what comes in his direct conversations with these: where there is one. */
export async function remindOfDirect(
  core: Core,
  caller: UserId,
  usernames: string[],
  reminder: Reminder,
): Promise<ReminderSet[]> {
  const found = await findKnownPeers(core.db, caller, usernames);
  const outcomeOf = async (username: string): Promise<ReminderSet> => {
    const known = found.get(username);
    if (!known?.conversationId) return { username, missing: known ? "conversation" : "user" };
    await setReminder(core, caller, known.conversationId, reminder);
    return { username, missing: null };
  };
  return Promise.all([...new Set(usernames)].map(outcomeOf));
}

async function resolve(core: Core, caller: UserId, name: ConversationAddress): Promise<Found> {
  const [found] = await resolveAll(core, caller, [name]);
  if (!found) throw noConversation();
  return found;
}

/** Each of these, or null where nothing is called so: at most two queries of D1 whatever their number. */
async function resolveAll(
  core: Core,
  caller: UserId,
  names: ConversationAddress[],
): Promise<(Found | null)[]> {
  const usernames = names.flatMap((name) => (name.type === "direct" ? [name.username] : []));
  const groups = names.flatMap((name) => (name.type === "group" ? [keyOf(name.group)] : []));
  const [direct, group] = await Promise.all([
    usernames.length > 0 ? findKnownPeers(core.db, caller, usernames) : null,
    groups.length > 0 ? findGroupIds(core.db, groups) : null,
  ]);
  return names.map((name) => {
    if (name.type === "system") return null;
    if (name.type === "group") {
      const id = group?.get(keyOf(name.group));
      return id === undefined ? null : { id };
    }
    const found = direct?.get(name.username);
    if (!found) return null;
    return found.conversationId === null ? { id: null, peer: found.peer } : { id: found.conversationId };
  });
}

function keyOf(group: GroupAddress): ConversationId | string {
  return "id" in group ? group.id : group.handle;
}
