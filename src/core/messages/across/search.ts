import type { ActivityPage } from "../../../domain/conversations/conversation-list.ts";
import { ConversationId, type UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { Core } from "../../context.ts";
import type { SearchCriteria } from "../search-criteria.ts";
import { askEach } from "./ask.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { mergePage } from "./merge.ts";
import { lastPlaceIn } from "./place.ts";
import { type Progress, START } from "./progress.ts";

/** A search over all conversations of a user. */
export interface WideSearchRequest extends SearchCriteria {
  /** the cursor of a former page of the same search */
  before?: string | undefined;
  limit: number;
}

/** A page of a search over all conversations of a user. */
export interface WideSearchPage {
  items: Message[];
  /** null: this is the last page */
  nextBefore: string | null;
  /** every message that is newer than this time (ms) was given; null: all were */
  searchedTo: number | null;
  /** the conversations that did not answer; the following pages leave them out */
  unreachable: ConversationId[];
}

/** The conversations that a search walks through. */
export interface SearchScope {
  /** what a cursor belongs to, besides its caller and what they look for */
  owner: readonly (string | number)[];
  /** the progress before the first page; `asked` also that from which a walk begins anew */
  start: Progress;
  /** users who look and are no members may search, too */
  looks?: boolean;
  /** The conversations behind a progress. @param limit of each part */
  list(progress: Progress, limit: number): Promise<ActivityPage>;
}

/**
 * Searches all conversations of the caller, by the rules of `searchMessages`, the newest message first: by
 * time, conversation and seq. Conversations that the caller has left are not searched. A page may have fewer
 * than `limit` items, even none, with a `nextBefore` from which to continue.
 * @throws `validation_failed` for a cursor of another search
 */
export function searchAll(core: Core, caller: UserId, request: WideSearchRequest): Promise<WideSearchPage> {
  return searchWithin(core, caller, request, {
    owner: [],
    start: startAt(request.until),
    list: (progress, limit) =>
      core.inboxes.activity(caller, {
        walked: progress.asked,
        ids: progress.open.map(({ conversationId }) => conversationId),
        limit,
      }),
  });
}

/** The same over the conversations of a scope. @throws `validation_failed` for a cursor of another search */
export async function searchWithin(
  core: Core,
  caller: UserId,
  request: WideSearchRequest,
  { owner: ofScope, start, looks = false, list: listBehind }: SearchScope,
): Promise<WideSearchPage> {
  const { before, limit, ...criteria } = request;
  const { text, matchesWords, senderId, kind, isPoll, since, until } = criteria;
  const filters = [senderId, kind, isPoll, matchesWords, since, until].map((filter) => filter ?? null);
  const owner = JSON.stringify([caller, text, ...filters, ...ofScope]);
  const former = before === undefined ? start : readCursor(before, owner, "query.before");
  const progress = { ...former, asked: former.asked ?? start.asked };
  const { calls, parallel, kept, pageMs, callTimeoutMs } = core.timing.wideSearch;
  const list = await listBehind(progress, calls + 1);
  const cost = { calls, parallel, kept, until: Date.now() + pageMs, size: LIMITS.pageBytes };
  const budget = { ...cost, since: since ?? 0 };
  const unreachable = new Set<ConversationId>();
  const query = { userId: caller, ...criteria, ...(looks && { looks }) };
  const { items, next } = await mergePage<Message>(progress, list, limit, budget, (questions) =>
    askEach(questions, unreachable, callTimeoutMs, ({ conversationId, bound, limit: most }) =>
      core.conversations.search(conversationId, { ...query, ...bound, limit: most }),
    ),
  );
  return {
    items,
    nextBefore: next && writeCursor(next, owner),
    searchedTo: next?.before?.at ?? null,
    unreachable: [...unreachable],
  };
}

/** The progress of a merge that begins with messages of a time (ms); undefined: with the newest. */
export function startAt(until: number | undefined): Progress {
  if (until === undefined) return START;
  return { ...START, before: lastPlaceIn(ConversationId.parse(Number.MAX_SAFE_INTEGER), until) };
}
