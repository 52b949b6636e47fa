import { loadProfiles, type ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import { findUsersByNames, profilesByName } from "../../../core/accounts/users.ts";
import { knownPeople } from "../../../core/contacts/people.ts";
import type { Core } from "../../../core/context.ts";
import { loadWithProfiles } from "../../../core/conversations/conversations.ts";
import { searchAll } from "../../../core/messages/across/search.ts";
import { searchMessages } from "../../../core/messages/messages.ts";
import type { SearchCriteria } from "../../../core/messages/search-criteria.ts";
import type { MeWithEmail } from "../../../domain/accounts/user.ts";
import type { Conversation } from "../../../domain/conversations/conversation.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import { invalid, nullIfNotFound } from "../../../domain/errors.ts";
import { type ConversationId, Position, type UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { Message } from "../../../domain/messages/message.ts";
import { comparisonForm } from "../../../lib/text-forms.ts";
import { type ConversationAddress, idByName } from "./conversations.ts";
import { findGroupByAddress, type GroupByName, listGroups } from "./groups.ts";

/** Words to look for: all of them, or any. */
export interface Keywords {
  words: string[];
  all: boolean;
}

/** A search for messages: one for each of the criteria. */
export interface MessageSearch {
  conversation: ConversationAddress | undefined;
  criteria: (Omit<SearchCriteria, "senderId"> & { sender?: string | undefined })[];
  limit: number;
  /** where each of the searches goes on; null: it has found all */
  cursors: (string | null)[] | undefined;
}

/** Found messages of one conversation, newest first. */
interface FoundMessages {
  conversation: Conversation;
  items: Message[];
}

/** A page of found messages by conversation, and where the next one begins; null: this is the last one. */
export interface MessageSearchPage {
  found: FoundMessages[];
  profiles: ProfileLookup;
  cursors: (string | null)[] | null;
}

/**
 * A page of what several searches find, by conversation, the newest first.
 * @throws `not_found` unless the caller is in the conversation. For an unknown sender nothing is found
 */
export async function searchByName(
  core: Core,
  caller: UserId,
  { conversation, criteria, limit, cursors }: MessageSearch,
): Promise<MessageSearchPage> {
  if (cursors && cursors.length !== criteria.length) throw invalid("cursor", "must be of the same search");
  const id = conversation && (await idByName(core, caller, conversation));
  const names = criteria.flatMap(({ sender }) => sender ?? []);
  const senders = new Map(
    (await findUsersByNames(core, null, names)).map((user) => [user.username, user.id]),
  );
  const pages = await Promise.all(
    criteria.map(async ({ sender, ...asked }, i) => {
      const cursor = cursors?.[i];
      const senderId = sender === undefined ? undefined : senders.get(sender);
      if (cursor === null || (sender !== undefined && senderId === undefined))
        return { items: [], next: null };
      return searchOnce(core, caller, id, { ...asked, senderId, limit, cursor });
    }),
  );
  const messages = new Map(
    pages
      .flatMap(({ items }) => items)
      .map((message) => [`${message.conversationId}-${message.seq}`, message]),
  );
  const next = pages.map((page) => page.next);
  const { found, profiles } = await inConversations(core, caller, [...messages.values()]);
  return { found, profiles, cursors: next.some((one) => one !== null) ? next : null };
}

async function searchOnce(
  core: Core,
  caller: UserId,
  id: ConversationId | undefined,
  { cursor, ...request }: SearchCriteria & { limit: number; cursor: string | undefined },
): Promise<{ items: Message[]; next: string | null }> {
  if (id === undefined) {
    const { items, nextBefore } = await searchAll(core, caller, { ...request, before: cursor });
    return { items, next: nextBefore };
  }
  const before = cursor === undefined ? undefined : Position.safeParse(Number(cursor)).data;
  if (cursor !== undefined && before === undefined) throw invalid("cursor", "must be of the same search");
  const { items, nextBefore } = await searchMessages(core, caller, id, { ...request, before });
  return { items, next: nextBefore === null ? null : String(nextBefore) };
}

/** Sorts messages into their conversations: one call of the inbox, and two queries of D1. */
async function inConversations(
  core: Core,
  caller: UserId,
  messages: Message[],
): Promise<{ found: FoundMessages[]; profiles: ProfileLookup }> {
  const newest = messages.toSorted((a, b) => b.createdAt - a.createdAt || b.seq - a.seq);
  const groups = Map.groupBy(newest, ({ conversationId }) => conversationId);
  const profiles = await loadProfiles(core, messages, [caller]);
  if (groups.size === 0) return { found: [], profiles };
  const entries = await core.inboxes.entries(caller, { ids: [...groups.keys()], includeHidden: true });
  const { items } = await loadWithProfiles(core, caller, entries, []);
  const conversations = new Map(items.map((conversation) => [conversation.id, conversation]));
  const found = [...groups].flatMap(([id, items]) => {
    const conversation = conversations.get(id);
    return conversation ? [{ conversation, items }] : [];
  });
  return { found, profiles };
}

function matches({ words, all }: Keywords, texts: string[]): boolean {
  const forms = texts.map(comparisonForm);
  const has = (word: string) => forms.some((form) => form.includes(comparisonForm(word)));
  return all ? words.every(has) : words.some(has);
}

/**
 * People by name: those whose username is one of the words, and among the people whom the caller knows those
 * whose name has the words.
 * @throws `forbidden` as `requireMayLookUp`
 */
export async function searchPeople(
  core: Core,
  caller: UserId,
  keywords: Keywords,
  limit: number,
): Promise<MeWithEmail[]> {
  const known: string[] = [];
  for (const text of keywords.all ? keywords.words.slice(0, 1) : keywords.words) {
    const people = await knownPeople(core, caller, { text, limit: LIMITS.page });
    known.push(
      ...people
        .filter(({ nickname, username }) => matches(keywords, [nickname, username]))
        .map(({ username }) => username),
    );
  }
  const isOne = keywords.words.length === 1 || !keywords.all;
  return profilesByName(core, caller, [...(isOne ? keywords.words : []), ...known].slice(0, limit));
}

/**
 * Groups by name: the caller's own whose name or id has the words, and a group that strangers find whose id
 * is one of the words.
 * @param admit as `listGroups` has it
 */
export async function searchGroups(
  core: Core,
  caller: UserId,
  { keywords, addresses, count }: { keywords: Keywords; addresses: GroupAddress[]; count: number },
  admit: (calls: number) => Promise<void>,
): Promise<GroupByName[]> {
  const own = await listGroups(core, caller, admit);
  const named = own.filter(({ id, name, handle }) => matches(keywords, [name, handle ?? String(id)]));
  const exact = await Promise.all(
    addresses.map((address) => findGroupByAddress(core, caller, address).catch(nullIfNotFound)),
  );
  const found = new Map(named.map((group) => [group.id, group]));
  for (const group of exact) if (group && !found.has(group.id)) found.set(group.id, group);
  return [...found.values()].slice(0, count);
}
