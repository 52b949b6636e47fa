import { Hono } from "hono";
import { z } from "zod";
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
import { Kind, SEARCHABLE_KINDS } from "../../../domain/messages/content.ts";
import type { Message } from "../../../domain/messages/message.ts";
import { textUpTo } from "../../../domain/text.ts";
import { countCost, countPages, weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { integer, pageSize } from "../../../http/fields.ts";
import { comparisonForm } from "../../../lib/text-forms.ts";
import { authenticated } from "../auth.ts";
import { parseBody } from "../body.ts";
import { orConstant } from "../constants.ts";
import { serializeProfile } from "../contacts/users.ts";
import { succeed } from "../envelope.ts";
import { serializeGroup } from "../groups/group.ts";
import { groupType } from "../groups/groups.ts";
import { conversationID, directID, groupConversationID, groupID, userID } from "../ids.ts";
import { serializeMessage } from "../messages/message.ts";
import { element } from "../messages/new-message.ts";
import { type ConversationAddress, idByName } from "../use-cases/conversations.ts";
import { findGroupByAddress, type GroupByName, listGroups } from "../use-cases/groups.ts";
import { toWireConversation } from "./conversation.ts";

/** The most words, senders and kinds of a search, as the SDK has it, and of all of them together. */
const MAX = 5;

const few = <S extends z.ZodType>(schema: S, most = MAX) =>
  z.array(schema).min(1, "must not be empty").max(most, `must be ${most} at most`);

const word = textUpTo(LIMITS.query).pipe(z.string().min(1, "must not be empty"));
const Words = { keywordList: few(word), keywordListMatchType: z.enum(["or", "and"]).default("or") };

const seconds = integer.pipe(z.int().nonnegative());
const count = (most: number) => pageSize(most).default(20);

/** Where each of the searches goes on, as the page before has it. */
const Cursors = z.array(z.string().nullable()).max(MAX);

const cursor = z
  .string()
  .optional()
  .transform((text, context) => {
    if (!text) return undefined;
    try {
      return Cursors.parse(JSON.parse(text));
    } catch {
      context.addIssue("must come from a page before, of the same search");
      return z.NEVER;
    }
  });

/** `searchCloudMessages` */
const MessageQuery = z
  .object({
    ...Words,
    senderUserIDList: few(userID).optional(),
    messageTypeList: few(element, Kind.options.length).optional(),
    conversationID: conversationID.optional(),
    /** the time at which the search begins, going back; 0: now */
    timePosition: seconds.default(0),
    /** how far it goes back; 0: to the first message */
    timePeriod: seconds.default(0),
    count: count(LIMITS.page),
    cursor,
  })
  .transform((query, context): MessageSearch => {
    const { keywordList, keywordListMatchType, senderUserIDList, messageTypeList = [] } = query;
    const { timePosition, timePeriod, conversationID: conversation, count: limit, cursor: cursors } = query;
    const texts =
      keywordListMatchType === "and" && keywordList.length > 1
        ? [{ text: keywordList.join(" "), matchesWords: true }]
        : keywordList.map((text) => ({ text }));
    const end = timePosition > 0 ? timePosition : Math.floor(Date.now() / 1_000);
    const times = {
      ...(timePosition > 0 && { until: end * 1_000 + 999 }),
      ...(timePeriod > 0 && { since: Math.max(0, end - timePeriod) * 1_000 }),
    };
    // chat-uikit-vue 2.5.6 names all types where it means any.
    const isAny = SEARCHABLE_KINDS.every((kind) => messageTypeList.some((one) => one === kind));
    const kinds = isAny || messageTypeList.length === 0 ? [undefined] : messageTypeList;
    const criteria = texts.flatMap((text) =>
      (senderUserIDList ?? [undefined]).flatMap((sender) =>
        kinds.map((kind) => ({
          ...{ ...text, ...times },
          ...(sender !== undefined && { sender }),
          ...(kind !== undefined && { kind }),
        })),
      ),
    );
    if (criteria.length <= MAX && criteria.every(({ text }) => text.length <= LIMITS.query))
      return { conversation, criteria, limit, cursors };
    const message = `times the senders and the types must be ${MAX} at most, and ${LIMITS.query} characters`;
    context.addIssue({ code: "custom", path: ["keywordList"], message });
    return z.NEVER;
  });

/** `searchCloudUsers`: by words, and by gender and birthday where the SDK has it. */
const PeopleQuery = z.object({
  ...Words,
  gender: orConstant(z.string()).optional(),
  userGenderType: orConstant(z.string()).optional(),
  miniBirthday: integer.optional(),
  maxBirthday: integer.optional(),
  count: count(LIMITS.page),
});

/** `searchCloudGroups` */
const GroupQuery = z.object({
  ...Words,
  groupTypeList: z.array(groupType).max(MAX, `must be ${MAX} at most`).optional(),
  count: count(LIMITS.page),
});

/** The ids of groups among words. */
const groupIDsIn = (words: string[]) => words.flatMap((text) => groupID.safeParse(text).data ?? []);

/** Searches. */
export const search = new Hono<CallerEnv>({ strict: false });

/** `searchCloudMessages`: in one conversation, or in all. */
search.post("/message/searchCloudMessages", authenticated, weighs("search"), async (c) => {
  const query = await parseBody(c, MessageQuery);
  const { core, caller } = c.var;
  const further = query.criteria.slice(1).map(() => countCost(c, caller.userId, "search"));
  await Promise.all(further);
  return succeed(c, serializeFound(await searchByName(core, caller.userId, query), caller.userId));
});

/** `searchCloudUsers`: among the people whom the caller knows, and by exact name. */
search.post("/user/searchCloudUsers", authenticated, weighs("search"), async (c) => {
  const { keywordList: words, keywordListMatchType, count, ...filters } = await parseBody(c, PeopleQuery);
  const { core, caller } = c.var;
  const keywords = { words, all: keywordListMatchType === "and" };
  const people = await searchPeople(core, caller.userId, keywords, count);
  const found = people.map(serializeProfile).filter((profile) => isWithin(profile, filters));
  return succeed(c, { totalCount: found.length, searchResultList: found, cursor: "" });
});

/** `searchCloudGroups`: among the caller's groups, and by exact id. */
search.post("/group/searchCloudGroups", authenticated, weighs("search"), async (c) => {
  const { keywordList: words, keywordListMatchType, groupTypeList, count } = await parseBody(c, GroupQuery);
  const { core, caller } = c.var;
  const keywords = { words, all: keywordListMatchType === "and" };
  const addresses = groupIDsIn(words);
  const admit = (calls: number) => countPages(c, caller.userId, calls);
  const groups = await searchGroups(core, caller.userId, { keywords, addresses, count }, admit);
  const found = groups.filter(
    ({ policy }) => !groupTypeList || groupTypeList.some((type) => type === policy),
  );
  return succeed(c, {
    ...{ totalCount: found.length, searchResultList: found.map(serializeGroup), cursor: "" },
  });
});

/** Whether a profile has the gender and the birthday of a search. */
function isWithin(
  { gender, birthday }: { gender: string; birthday: string },
  filters: {
    gender?: unknown;
    userGenderType?: unknown;
    miniBirthday?: number | undefined;
    maxBirthday?: number | undefined;
  },
): boolean {
  const wanted = filters.userGenderType ?? filters.gender;
  if (wanted !== undefined && wanted !== gender) return false;
  const { miniBirthday, maxBirthday } = filters;
  if (miniBirthday === undefined && maxBirthday === undefined) return true;
  const born = Number(birthday);
  return birthday !== "" && born >= (miniBirthday ?? 0) && born <= (maxBirthday ?? Number.POSITIVE_INFINITY);
}

/** A page of found messages by conversation. Its count is that of the page: nobody counts what follows. */
function serializeFound({ found, profiles, cursors }: MessageSearchPage, caller: UserId) {
  const searchResultList = found.map(({ conversation, items }) => {
    const wireConversation = toWireConversation(conversation);
    const context = { wireConversation, profiles, caller: profiles(caller) };
    return {
      conversationID:
        wireConversation.kind === "group"
          ? groupConversationID(wireConversation.groupID)
          : directID(wireConversation.peer.username),
      messageCount: items.length,
      messageList: items.map((message) => serializeMessage(message, context)),
    };
  });
  return {
    totalCount: searchResultList.reduce((sum, { messageCount }) => sum + messageCount, 0),
    ...{ searchResultList, cursor: cursors === null ? "" : JSON.stringify(cursors) },
  };
}

/** Words to look for: all of them, or any. */
interface Keywords {
  words: string[];
  all: boolean;
}

/** A search for messages: one for each of the criteria. */
interface MessageSearch {
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
interface MessageSearchPage {
  found: FoundMessages[];
  profiles: ProfileLookup;
  cursors: (string | null)[] | null;
}

/**
 * A page of what several searches find, by conversation, the newest first.
 * @throws `not_found` unless the caller is in the conversation. For an unknown sender nothing is found
 */
async function searchByName(
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
async function searchPeople(
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
async function searchGroups(
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
