import { findAcquainted, findGroupIds } from "../storage/named.ts";
import type { Backdrop } from "./backdrop.ts";
import { type Cast, castOf } from "./cast.ts";
import type { Conversation } from "./conversation.ts";
import { getConversation, listWithNotices } from "./conversations.ts";
import type { Core } from "./core.ts";
import { unlistConversations } from "./deleting.ts";
import { invalid, noConversation } from "./errors.ts";
import type { ConversationId, Seq, UserId } from "./ids.ts";
import type { Message, Person } from "./message.ts";
import { markAllRead } from "./messages.ts";
import { type Group, type GroupName, ofConversation } from "./named-groups.ts";
import { hideNotices, type NoticeSummary, readNotices, summarizeNotices } from "./notices.ts";
import { type Reminder, setReminder } from "./reminders.ts";

/** What calls a conversation: the other one's username, what calls a group; and what stands for the notices. */
export type ConversationName =
  | { type: "direct"; username: string }
  | { type: "group"; group: GroupName }
  | { type: "system" };

/** Which conversation is called so. With somebody there may be none yet. */
type Found = { id: ConversationId } | { id: null; peer: Person };

/** A conversation, and as a group, if it is one. */
export interface ShownConversation {
  conversation: Conversation;
  group: Group | null;
}

/** The same, and who is who in it; or with whom there is none yet. */
export type NamedConversation =
  | (ShownConversation & { cast: Cast })
  | { unused: Person }
  | { notices: NoticeSummary | null };

/** Messages of a conversation, what it is like, and who is who in it; null: it was never opened. */
export interface NamedPage {
  items: Message[];
  hasMore: boolean;
  shown: { backdrop: Backdrop; cast: Cast } | null;
}

/** A conversation by its name. @throws `not_found` unless the caller is in it, or could open it */
export async function getNamed(
  core: Core,
  caller: UserId,
  name: ConversationName,
): Promise<NamedConversation> {
  if (name.type === "system") return { notices: await summarizeNotices(core, caller, { evenHidden: true }) };
  const found = await findNamed(core, caller, name);
  if (found.id === null) return { unused: found.peer };
  const conversation = await getConversation(core, caller, found.id);
  const { lastMessage, mentioned } = conversation;
  const others = [caller, ...mentioned.map(({ senderId }) => senderId)];
  const cast = await castOf(core, lastMessage ? [lastMessage] : [], others);
  return { ...shown(core, conversation), cast };
}

/** Conversations of somebody's list, his notices in their place among them, and who is who in all of it. */
export interface NamedList {
  items: (ShownConversation | { notices: NoticeSummary })[];
  cast: Cast;
}

/**
 * The caller's conversations, or those of these that are in his list: sticky ones first, then newest activity, the
 * notices among them; and who is who in them. One call of his inbox and one query of D1 whatever their number.
 */
export async function listNamed(
  core: Core,
  caller: UserId,
  { names, limit }: { names: ConversationName[] | undefined; limit: number },
): Promise<NamedList> {
  const found = names && (await findAllNamed(core, caller, names));
  const ids = found?.flatMap((one) => one?.id ?? []);
  const { items, box, cast } = await listWithNotices(core, caller, { limit, ...(ids && { ids }) });
  const all: NamedList["items"] = items.map((item) => shown(core, item));
  const { newest, unreadCount, isListed } = box;
  if (newest && isListed && (!names || names.some(({ type }) => type === "system"))) {
    const place = items.findIndex(({ sticky, updatedAt }) => !sticky && updatedAt < newest.createdAt);
    const notices = {
      unreadCount,
      newest: { ...newest, actor: cast(newest.actorId), receiver: cast(caller) },
    };
    all.splice(place < 0 ? items.length : place, 0, { notices });
  }
  return { items: all.slice(0, limit), cast };
}

function shown(core: Core, conversation: Conversation): ShownConversation {
  return { conversation, group: conversation.kind === "group" ? ofConversation(core, conversation) : null };
}

/** A page of messages in rising order, the newest of those before a seq. @throws `not_found` as `getNamed` */
export async function pageOfNamed(
  core: Core,
  caller: UserId,
  name: ConversationName,
  { before, limit }: { before?: { conversationId: ConversationId; seq: Seq } | undefined; limit: number },
): Promise<NamedPage> {
  const { id } = await findNamed(core, caller, name);
  if (before && before.conversationId !== id) {
    throw invalid("before", "must be a message of this conversation");
  }
  if (id === null) return { items: [], hasMore: false, shown: null };
  const asked = { userId: caller, limit, ...(before && { before: before.seq }) };
  const { items, hasMore, backdrop } = await core.conversations.stagedPage(id, asked);
  return { items, hasMore, shown: { backdrop, cast: await castOf(core, items) } };
}

/** Marks all of a conversation as read; where there is none yet there is nothing to read. @throws `not_found` as `getNamed` */
export async function markNamedRead(core: Core, caller: UserId, name: ConversationName): Promise<void> {
  if (name.type === "system") return readNotices(core, caller);
  const { id } = await findNamed(core, caller, name);
  if (id !== null) await markAllRead(core, caller, id);
}

/** Takes conversations out of the caller's list, all of them or none. @throws `not_found` @see unlistConversations */
export async function unlistNamed(
  core: Core,
  caller: UserId,
  names: ConversationName[],
  how: { keepsHistory: boolean },
): Promise<void> {
  const conversations = names.filter(({ type }) => type !== "system");
  const ids = (await findAllNamed(core, caller, conversations)).map((found) => found?.id ?? null);
  const known = ids.filter((id) => id !== null);
  if (known.length < ids.length) throw noConversation();
  if (known.length > 0) await unlistConversations(core, caller, [...new Set(known)], how);
  if (conversations.length < names.length) await hideNotices(core, caller, !how.keepsHistory);
}

/** What became of it for one of several: done, or there is no such user, or no conversation with him. */
export interface Reminded {
  username: string;
  missing: "user" | "conversation" | null;
}

/** Settles how the caller hears of what comes in his direct conversations with these: where there is one. */
export async function remindOfDirect(
  core: Core,
  caller: UserId,
  usernames: string[],
  reminder: Reminder,
): Promise<Reminded[]> {
  const found = await findAcquainted(core.db, caller, usernames);
  const outcomeOf = async (username: string): Promise<Reminded> => {
    const known = found.get(username);
    if (!known?.conversationId) return { username, missing: known ? "conversation" : "user" };
    await setReminder(core, caller, known.conversationId, reminder);
    return { username, missing: null };
  };
  return Promise.all([...new Set(usernames)].map(outcomeOf));
}

async function findNamed(core: Core, caller: UserId, name: ConversationName): Promise<Found> {
  const [found] = await findAllNamed(core, caller, [name]);
  if (!found) throw noConversation();
  return found;
}

/** Each of these, or null where nothing is called so: at most two queries of D1 whatever their number. */
async function findAllNamed(
  core: Core,
  caller: UserId,
  names: ConversationName[],
): Promise<(Found | null)[]> {
  const usernames = names.flatMap((name) => (name.type === "direct" ? [name.username] : []));
  const groups = names.flatMap((name) => (name.type === "group" ? [keyOf(name.group)] : []));
  const [direct, group] = await Promise.all([
    usernames.length > 0 ? findAcquainted(core.db, caller, usernames) : null,
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

function keyOf(group: GroupName): ConversationId | string {
  return "id" in group ? group.id : group.handle;
}
