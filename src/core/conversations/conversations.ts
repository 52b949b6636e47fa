import { deletedUser, type Person } from "../../domain/accounts/person.ts";
import {
  type Conversation,
  type ConversationRecord,
  composeConversation,
  type Preferences,
} from "../../domain/conversations/conversation.ts";
import type { InboxEntry, ListRange } from "../../domain/conversations/conversation-list.ts";
import { decodeCursor, encodeCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, invalid, noConversation, noMembership } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Preview } from "../../domain/messages/preview.ts";
import type { NotificationBox } from "../../domain/sync/notification.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { findAccounts } from "../../storage/accounts/users.ts";
import { findListed, findPeople, openDirect as openPair } from "../../storage/conversations/conversations.ts";
import { conversationExists, updatePreferences } from "../../storage/conversations/preferences.ts";
import { loadProfilesAmong, mentionedUsers, type ProfileLookup } from "../accounts/profile-lookup.ts";
import { noUser } from "../accounts/users.ts";
import { notFriends, requireFriends } from "../contacts/friends.ts";
import type { Core } from "../context.ts";

/** How often the copy of a flag is handed on while others change it; what is off then is mended when it is seen. */
const MAX_COPIES = 10;

/**
 * Opens the direct conversation with somebody, or finds it: a pair has one, whoever opens it. It is in
 * both lists before this resolves.
 * @param name what it is called, if this creates it, by the few who ask: to most it has the other one's name
 * @throws `validation_failed` with oneself, `not_found` for an unknown user
 */
export async function openDirect(
  core: Core,
  caller: UserId,
  peer: UserId,
  name?: string,
): Promise<{ conversation: Conversation; created: boolean }> {
  if (peer === caller) throw invalid("body.user_id", "must be somebody else: you cannot chat with yourself");
  await requireUsers(core, [peer]);
  return open(core, caller, peer, { friendsOnly: false, name });
}

/**
 * The same with a friend. Where this creates it, only friends may write there, for as long as it is there.
 * @throws `not_found` for an unknown user and for oneself, `forbidden` for who is no friend
 */
export async function openAmongFriends(
  core: Core,
  caller: UserId,
  friend: UserId,
): Promise<{ conversation: Conversation; created: boolean }> {
  if (friend === caller) throw noUser(friend);
  await requireUsers(core, [friend]);
  await requireFriends(core, caller, [friend]);
  return open(core, caller, friend, { friendsOnly: true });
}

async function open(
  core: Core,
  caller: UserId,
  peer: UserId,
  how: { friendsOnly: boolean; name?: string | undefined },
): Promise<{ conversation: Conversation; created: boolean }> {
  const pair: [UserId, UserId] = caller < peer ? [caller, peer] : [peer, caller];
  const opened = await openPair(core.db, pair, Date.now(), how);
  if (!opened) {
    // One of them was deleted meanwhile, or the friendship has ended.
    await requireUsers(core, [peer]);
    throw how.friendsOnly ? notFriends(peer) : noUser(peer);
  }
  const { id, created } = opened;
  await core.conversations.init(id, { userId: caller });
  return { conversation: await getConversation(core, caller, id), created };
}

/** A conversation as the caller sees it. @throws `not_found` unless he is in it, `unavailable` while D1 is behind */
export async function getConversation(core: Core, caller: UserId, id: ConversationId): Promise<Conversation> {
  const [described, listed] = await Promise.all([
    core.conversations.describe(id, { userId: caller }),
    findListed(core.db, caller, [{ id, senderId: null }]),
  ]);
  const found = listed.get(id) ?? (await throwNotProjected(core, caller, id));
  const { profile, own, readState, lastMessage } = described;
  return { ...composeConversation(id, { ...found, profile, role: own.role }, readState, lastMessage), own };
}

/**
 * The caller's conversations, sticky ones first, then newest activity: one call of his inbox and one
 * query of D1 whatever their number.
 * @param range `ids`: these alone, as far as they are in his list
 * @throws `validation_failed` for a cursor that is none of this list's
 */
export async function listConversations(
  core: Core,
  caller: UserId,
  { limit, cursor, ids }: { limit: number; cursor?: string | undefined; ids?: ConversationId[] | undefined },
): Promise<{ items: Conversation[]; nextCursor: string | null }> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const range = { limit: limit + 1, ...(after && { after }), ...(ids && { ids }) };
  const entries = await core.inboxes.list(caller, range);
  const shown = entries.slice(0, limit);
  const items = await fillEntries(core, caller, shown);
  const last = shown.at(-1);
  return { items, nextCursor: entries.length > limit && last ? encodeCursor(last) : null };
}

/** Conversations of the caller's list, with what D1 knows of them: one query. One of which it knows nothing yet is left out. */
export async function fillEntries(
  core: Core,
  caller: UserId,
  entries: InboxEntry[],
): Promise<Conversation[]> {
  return fill(core, caller, entries, await findListed(core.db, caller, entries.map(profileIdsOf)));
}

/** A page of the caller's conversations, how he stands to his notices, and who is who in all of it, he himself too. */
export async function listWithNotifications(
  core: Core,
  caller: UserId,
  range: ListRange,
): Promise<{ items: Conversation[]; box: NotificationBox; profiles: ProfileLookup }> {
  const { entries, box } = await core.inboxes.overview(caller, range);
  const always = [caller, ...(box.newest ? [box.newest.actorId] : [])];
  const wanted = entries.map((entry) => {
    const { preview, mentioned } = entry;
    const named = preview ? [preview.senderId, ...mentionedUsers(preview)] : [];
    const namedIds = new Set([...always, ...named, ...mentioned.map(({ senderId }) => senderId)]);
    return { ...profileIdsOf(entry), namedIds: [...namedIds] };
  });
  const listed = await findListed(core.db, caller, wanted);
  const people = [...listed.values()].flatMap(({ people: named }) => named);
  // Beside no conversation nobody is named.
  if (listed.size === 0) people.push(...(await findPeople(core.db, always)));
  return { items: fill(core, caller, entries, listed), box, profiles: loadProfilesAmong(people) };
}

function profileIdsOf({ conversationId, preview }: InboxEntry) {
  return { id: conversationId, senderId: preview?.senderId ?? null };
}

function fill(
  core: Core,
  caller: UserId,
  entries: InboxEntry[],
  listed: Map<ConversationId, ConversationRecord>,
): Conversation[] {
  return entries.flatMap((entry) => {
    const found = listed.get(entry.conversationId);
    if (!found) return [];
    repairPinnedCopy(core, caller, entry, found);
    return [composeConversation(entry.conversationId, found, entry, lastMessage(entry, found.sender))];
  });
}

/**
 * Sets the caller's own flags of a conversation; absent ones stay.
 * @throws `not_found` unless he is in it
 */
export async function setPreferences(
  core: Core,
  caller: UserId,
  id: ConversationId,
  change: { [Flag in keyof Preferences]?: boolean | undefined },
): Promise<Conversation> {
  await storePreferences(core, caller, id, change, false);
  return getConversation(core, caller, id);
}

/** The same also where he has left, or where the group is dissolved. @throws `not_found` unless he is in it, or was */
export function setListedPreferences(
  core: Core,
  caller: UserId,
  id: ConversationId,
  change: { [Flag in keyof Preferences]?: boolean | undefined },
): Promise<void> {
  return storePreferences(core, caller, id, change, true);
}

async function storePreferences(
  core: Core,
  caller: UserId,
  id: ConversationId,
  change: { [Flag in keyof Preferences]?: boolean | undefined },
  includeFormer: boolean,
): Promise<void> {
  if (!(await updatePreferences(core.db, id, caller, change, includeFormer))) throw noConversation();
  if (change.pinned !== undefined) await copyPinned(core, caller, id, change.pinned);
  // His other devices in the room are told; whether they are is nobody's to wait for.
  core.waitUntil(
    core.conversations
      .pushConversation(id, { userId: caller })
      .catch((error: unknown) => log("warn", "preferences_not_told", errorFields(error))),
  );
}

/**
 * Does something in a conversation for an API whose document tells who is not in it from what does not exist.
 * @throws `not_found` which says so, where `work` says that there is none for the caller, and there is one
 */
export async function distinguishNotMember<T>(
  core: Core,
  id: ConversationId,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isHidden = error instanceof CoreError && error.data?.missing === "conversation";
    if (isHidden && (await conversationExists(core.db, id))) throw noMembership();
    throw error;
  }
}

/** D1 has nothing of a member whom the object knows: it is behind, or he has gone meanwhile. */
async function throwNotProjected(core: Core, caller: UserId, id: ConversationId): Promise<never> {
  await core.conversations.describe(id, { userId: caller });
  throw new CoreError("unavailable", "You have only just come into this conversation. Try again.", {
    retryAfter: 1,
  });
}

/** @throws `not_found`, naming the first whom there is not */
export async function requireUsers(core: Core, ids: UserId[]): Promise<void> {
  const existing = new Set((await findAccounts(core.db, ids)).map((user) => user.id));
  const unknown = ids.find((id) => !existing.has(id));
  if (unknown !== undefined) throw noUser(unknown);
}

/**
 * Hands the inbox its copy of the flag. Calls that race may reach it in another order than D1: so each looks
 * at D1 once more, and whoever comes last to the inbox leaves there what D1 has.
 */
async function copyPinned(core: Core, caller: UserId, id: ConversationId, pinned: boolean): Promise<void> {
  let copied = pinned;
  for (let i = 0; i < MAX_COPIES; i++) {
    await core.inboxes.setPinned(caller, { conversationId: id, pinned: copied });
    const found = (await findListed(core.db, caller, [{ id, senderId: null }], true)).get(id);
    if (!found || found.preferences.pinned === copied) return;
    copied = found.preferences.pinned;
  }
}

/** The inbox has a copy of the flag; one that a crash left behind is mended when it is seen. */
function repairPinnedCopy(
  core: Core,
  caller: UserId,
  { conversationId, pinned }: InboxEntry,
  found: ConversationRecord,
): void {
  if (pinned === found.preferences.pinned) return;
  const mended = copyPinned(core, caller, conversationId, found.preferences.pinned);
  core.waitUntil(mended.catch((error: unknown) => log("warn", "sticky_not_mended", errorFields(error))));
}

function lastMessage({ conversationId, preview }: InboxEntry, sender: Person | null): Message | null {
  return (
    preview && { ...withoutSender(preview), conversationId, sender: sender ?? deletedUser(preview.senderId) }
  );
}

function withoutSender({ senderId: _, ...preview }: Preview): Omit<Preview, "senderId"> {
  return preview;
}
