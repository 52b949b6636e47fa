import { deletedUser, type Person } from "../../domain/accounts/person.ts";
import {
  type Conversation,
  type ConversationRecord,
  composeConversation,
  type ListPreferences,
  type PreferencesChange,
  recordForViewer,
} from "../../domain/conversations/conversation.ts";
import type { InboxEntry } from "../../domain/conversations/conversation-list.ts";
import { hookPerson } from "../../domain/conversations/incoming-hook.ts";
import { decodeCursor, encodeCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, invalid, noConversation, noMembership, noUser } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Preview } from "../../domain/messages/preview.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { findBotState } from "../../storage/bots/bots.ts";
import { deleteRequests } from "../../storage/contacts/message-requests.ts";
import { findStrangers } from "../../storage/contacts/strangers.ts";
import {
  findListRecords,
  findPeople,
  openDirect as openPair,
} from "../../storage/conversations/conversations.ts";
import { findDirectConversation } from "../../storage/conversations/direct.ts";
import { conversationExists, updatePreferences } from "../../storage/conversations/preferences.ts";
import { loadProfilesAmong, mentionedUsers, type ProfileLookup } from "../accounts/profile-lookup.ts";
import { requireUsers } from "../accounts/users.ts";
import { notFriends, requireFriends } from "../contacts/friends.ts";
import { countNamed } from "../contacts/strangers.ts";
import type { Core } from "../context.ts";
import { requireMayBegin } from "../policies.ts";
import { counted } from "../quotas.ts";

/**
 * The tries to copy preferences to the inbox while they keep changing. A copy that is still wrong is
 * repaired on reading.
 */
const MAX_COPY_TRIES = 10;

/** How a direct conversation is opened. */
interface Opening {
  /** the name of a new conversation, for APIs that have it; others show the other user's name instead */
  name?: string;
  /** it is in the list of both users at once, except across a block */
  forBoth?: boolean;
}

/**
 * Opens the direct conversation with a user, or finds it: two users have at most one. It is in the caller's
 * list before this resolves, and in the other user's from the first message on, unless `forBoth` is set.
 * @throws `validation_failed` for the caller themself, `not_found` for an unknown user, `forbidden` as
 *   `requireMayBegin` and for a bot of a user that begins one with a stranger, `quota` for one more with a
 *   stranger than the user may begin today
 */
export async function openDirect(
  core: Core,
  caller: UserId,
  peer: UserId,
  opening: Opening = {},
): Promise<{ conversation: Conversation; created: boolean }> {
  if (peer === caller) throw invalid("body.user_id", "must be somebody else: you cannot chat with yourself");
  await requireUsers(core, [peer]);
  return open(core, caller, peer, { friendsOnly: false, ...opening });
}

/** The same for a user whom the caller names by number. @throws `rate_limited` as `countNamed`, too */
export async function openDirectByNumber(
  ...[core, caller, peer, opening]: Parameters<typeof openDirect>
): ReturnType<typeof openDirect> {
  await countNamed(core, caller, [peer]);
  return openDirect(core, caller, peer, opening);
}

/**
 * Opens the direct conversation with a friend, or finds it. If this creates it, only friends may ever write
 * there.
 * @throws `not_found` for an unknown user and for the caller themself, `forbidden` for a user who is no
 *   friend
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
  { forBoth = false, ...options }: { friendsOnly: boolean } & Opening,
): Promise<{ conversation: Conversation; created: boolean }> {
  const pair: [UserId, UserId] = caller < peer ? [caller, peer] : [peer, caller];
  await requireMayOpen(core, caller, peer);
  const isCounted = !options.friendsOnly && (await isStranger(core, caller, peer));
  return counted(core, caller, isCounted ? { directs: [String(peer)] } : {}, async () => {
    const { asksConsent, consent } = core.settings;
    const admitted = asksConsent ? consent.whoMayWrite : null;
    const opened = await openPair(core.db, pair, Date.now(), { ...options, caller, admitted });
    if (!opened) {
      // An account was deleted, or the friendship ended, since the checks.
      await requireUsers(core, [peer]);
      if (options.friendsOnly) throw notFriends(peer);
      throw (await findBotState(core.db, caller))?.isMade ? mayNotBegin() : noUser(peer);
    }
    const { id, created, isAsked } = opened;
    await core.conversations.init(id, { userId: caller, forBoth });
    // The caller has opened it themself. After a crash before this the request is shown, and may be answered.
    if (isAsked) await deleteRequests(core.db, id, caller);
    return { conversation: await getConversation(core, caller, id), created };
  });
}

/** The `forbidden` for a bot that writes to a stranger first. */
function mayNotBegin(): CoreError {
  return new CoreError("forbidden", "A bot begins no conversation with a stranger: they write to it first.");
}

/**
 * Whether two users are no contacts, if it counts. They are, if they have a direct conversation: a group of
 * many members makes nobody a contact, or it would be all that a spammer needs.
 */
async function isStranger(core: Core, caller: UserId, peer: UserId): Promise<boolean> {
  if (core.settings.quotas.directs === null) return false;
  return (await findStrangers(core.db, caller, [peer], "contact")).length > 0;
}

/**
 * An existing conversation may be opened, also by users who may not begin one.
 *
 * @throws `forbidden` as `requireMayBegin`
 */
async function requireMayOpen(core: Core, caller: UserId, peer: UserId): Promise<void> {
  if (core.settings.policies.direct === "anyone") return;
  if ((await findDirectConversation(core.db, caller, peer)) === null)
    await requireMayBegin(core, caller, peer);
}

/**
 * A conversation as the caller sees it.
 * @param looks a user who looks at an audience room sees it, too, with how many others look
 * @throws `not_found` unless the caller is a member, `unavailable` while the projection to D1 is behind
 */
export async function getConversation(
  core: Core,
  caller: UserId,
  id: ConversationId,
  looks = false,
): Promise<Conversation> {
  const [described, listed] = await Promise.all([
    core.conversations.describe(id, { userId: caller, ...(looks && { looks, countsViewers: true }) }),
    findListRecords(core.db, caller, [{ id, senderId: null }]),
  ]);
  const { profile, own, readState, lastMessage, isViewer, viewerCount } = described;
  const count = viewerCount !== undefined && { viewerCount };
  const { ownerId } = profile;
  if (isViewer && ownerId !== null) {
    const ofOwner = (await findListRecords(core.db, ownerId, [{ id, senderId: null }])).get(id);
    if (!ofOwner) throw notProjected();
    const record = { ...recordForViewer(ofOwner), profile };
    return { ...composeConversation(id, record, readState, lastMessage), own, isViewer: true, ...count };
  }
  const found = listed.get(id) ?? (await throwNotProjected(core, caller, id));
  return {
    ...composeConversation(id, { ...found, profile, role: own.role }, readState, lastMessage),
    own,
    ...count,
  };
}

/** What `listConversations` is asked for. */
export interface ListQuery {
  limit: number;
  cursor?: string | undefined;
  ids?: ConversationId[] | undefined;
  exceptIds?: ConversationId[] | undefined;
  archived?: boolean | undefined;
  withDrafts?: boolean;
}

/**
 * A page of the caller's list, pinned conversations first, then the newest activity: one call of the inbox
 * and one query of D1 for any number of entries.
 * @param query `ids`: only these conversations, as far as they are in the list. `exceptIds`, `archived`,
 *   `withDrafts`: see `ListRange`
 * @throws `validation_failed` for a cursor of another list
 */
export async function listConversations(
  core: Core,
  caller: UserId,
  { limit, cursor, ids, exceptIds, archived, withDrafts = false }: ListQuery,
): Promise<{ items: Conversation[]; nextCursor: string | null }> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const range = {
    limit: limit + 1,
    ...(after && { after }),
    ...(ids && { ids }),
    ...(exceptIds && { exceptIds }),
    ...(archived !== undefined && { archived }),
    withDrafts,
  };
  const entries = await core.inboxes.list(caller, range);
  const page = entries.slice(0, limit);
  const items = await loadConversations(core, caller, page);
  const last = page.at(-1);
  return { items, nextCursor: entries.length > limit && last ? encodeCursor(last) : null };
}

/**
 * Adds the data of D1 to entries of the caller's list: one query. An entry that D1 does not have yet is left
 * out.
 */
export async function loadConversations(
  core: Core,
  caller: UserId,
  entries: InboxEntry[],
): Promise<Conversation[]> {
  return composeAll(core, caller, entries, await findListRecords(core.db, caller, entries.map(lookupOf)));
}

/**
 * Adds the data of D1 to entries of the caller's list, and the profiles of all users in them: one query. An
 * entry that D1 does not have yet is left out.
 * @param others users whose profiles are added
 */
export async function loadWithProfiles(
  core: Core,
  caller: UserId,
  entries: InboxEntry[],
  others: UserId[],
): Promise<{ items: Conversation[]; profiles: ProfileLookup }> {
  const queries = entries.map((entry) => {
    const { preview, mentioned } = entry;
    const named = preview ? [preview.senderId, ...mentionedUsers(preview)] : [];
    const namedIds = new Set([...others, ...named, ...mentioned.map(({ senderId }) => senderId)]);
    return { ...lookupOf(entry), namedIds: [...namedIds] };
  });
  const listed = await findListRecords(core.db, caller, queries);
  const people = [...listed.values()].flatMap(({ people: named }) => named);
  // Without a conversation, the query above returns no profiles.
  if (listed.size === 0) people.push(...(await findPeople(core.db, others)));
  return { items: composeAll(core, caller, entries, listed), profiles: loadProfilesAmong(people) };
}

function lookupOf({ conversationId, preview }: InboxEntry) {
  return { id: conversationId, senderId: preview?.senderId ?? null };
}

function composeAll(
  core: Core,
  caller: UserId,
  entries: InboxEntry[],
  listed: Map<ConversationId, ConversationRecord>,
): Conversation[] {
  return entries.flatMap((entry) => {
    const found = listed.get(entry.conversationId);
    if (!found) return [];
    repairCopy(core, caller, entry, found);
    const lastMessage = lastMessageOf(entry, found.sender);
    const conversation = composeConversation(entry.conversationId, found, entry, lastMessage);
    const { draft, isStale } = entry;
    return [{ ...conversation, ...(draft && { draft }), ...(isStale && { isStale }) }];
  });
}

/**
 * Sets the caller's own preferences of a conversation; absent ones are unchanged.
 * @throws `not_found` unless the caller is a member, also if they leave meanwhile: the preferences may be set
 *   then, and are in force once the user is a member again
 */
export async function setPreferences(
  core: Core,
  caller: UserId,
  id: ConversationId,
  change: PreferencesChange,
): Promise<Conversation> {
  await storePreferences(core, caller, id, change, false);
  return getConversation(core, caller, id);
}

/**
 * As `setPreferences`, also for former members and in dissolved groups.
 * @throws `not_found` unless the caller is or was a member
 */
export function setPreferencesEvenAsFormerMember(
  core: Core,
  caller: UserId,
  id: ConversationId,
  change: PreferencesChange,
): Promise<void> {
  return storePreferences(core, caller, id, change, true);
}

async function storePreferences(
  core: Core,
  caller: UserId,
  id: ConversationId,
  change: PreferencesChange,
  includeFormer: boolean,
): Promise<void> {
  // D1 knows neither whether the caller has opened the conversation, nor its messages.
  const { update } = await core.conversations.snapshot(id, { userId: caller });
  const newest = { count: update.lastCount, at: update.countedAt };
  const stored = await updatePreferences(core.db, id, caller, change, newest, includeFormer);
  if (!stored) throw noConversation();
  // The mute matters to the inbox only of what is archived.
  const { pinned, archived } = change;
  if (pinned !== undefined || archived !== undefined || stored.archivedCount !== null)
    await copyToList(core, caller, id, stored);
  // The caller's other devices are informed, best effort and after the answer.
  core.waitUntil(
    core.conversations
      .pushConversation(id, { userId: caller })
      .catch((error: unknown) => log("warn", "preferences_not_sent", errorFields(error))),
  );
}

/**
 * Runs `work` on a conversation, for an API whose document distinguishes a conversation without the caller
 * from one that does not exist.
 * @throws `not_found` with `missing: "membership"` if `work` finds none for the caller and the conversation
 *   exists
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

/**
 * D1 has no row of a member: the projection is behind, or the member has left meanwhile, which `describe`
 * throws.
 */
async function throwNotProjected(core: Core, caller: UserId, id: ConversationId): Promise<never> {
  await core.conversations.describe(id, { userId: caller });
  throw notProjected();
}

function notProjected(): CoreError {
  const detail = "You have only just come into this conversation. Try again.";
  return new CoreError("unavailable", detail, { retryAfter: 1 });
}

/**
 * Copies the preferences that the list needs to the inbox. Concurrent calls may reach the inbox in another
 * order than D1. Each therefore reads D1 after its copy, so that the last one leaves the values of D1.
 */
async function copyToList(
  core: Core,
  caller: UserId,
  id: ConversationId,
  stored: ListPreferences,
): Promise<void> {
  let { pinned, archivedCount, mutedUntil } = stored;
  for (let i = 0; i < MAX_COPY_TRIES; i++) {
    const copied = { pinned, archivedCount, mutedUntil };
    await core.inboxes.setPreferences(caller, { conversationId: id, ...copied });
    const found = (await findListRecords(core.db, caller, [{ id, senderId: null }], true)).get(id);
    if (!found || isCopy(found.preferences, copied)) return;
    ({ pinned, archivedCount, mutedUntil } = found.preferences);
  }
}

/** Repairs the inbox's copy if it differs from D1, as after a crash between the two writes. */
function repairCopy(
  core: Core,
  caller: UserId,
  { conversationId, pinned, archive }: InboxEntry,
  { preferences }: ConversationRecord,
): void {
  if (isCopy(preferences, { pinned, ...archive })) return;
  const repair = copyToList(core, caller, conversationId, preferences);
  core.waitUntil(repair.catch((error: unknown) => log("warn", "pinned_repair_failed", errorFields(error))));
}

/** Whether a copy lists the conversation as these preferences do: a mute matters only of what is archived. */
function isCopy(preferences: ListPreferences, copy: ListPreferences): boolean {
  const { pinned, archivedCount, mutedUntil } = preferences;
  const isArchived = archivedCount !== null;
  return (
    copy.pinned === pinned &&
    copy.archivedCount === archivedCount &&
    (!isArchived || copy.mutedUntil === mutedUntil)
  );
}

function lastMessageOf({ conversationId, preview }: InboxEntry, sender: Person | null): Message | null {
  if (!preview) return null;
  const { senderId, hook, rev = 0, version = 1 } = preview;
  const shown = hook ? hookPerson(hook) : (sender ?? deletedUser(senderId));
  return { ...withoutSender(preview), rev, version, conversationId, sender: shown };
}

function withoutSender({ senderId: _, hook: __, ...preview }: Preview): Omit<Preview, "senderId" | "hook"> {
  return preview;
}
