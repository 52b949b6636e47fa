import type { ActivityPage } from "../../../domain/conversations/conversation-list.ts";
import type { ConversationId, Seq } from "../../../domain/ids.ts";
import { above, compare, newestOf, type Place } from "./place.ts";
import type { Progress } from "./progress.ts";
import { type MergeSource, MergeSources } from "./sources.ts";

/** What a merge needs to know of an item: its place, and its body for the size of the page. */
export interface Mergeable {
  conversationId: ConversationId;
  seq: Seq;
  createdAt: number;
  body: string;
}

/** A question to a conversation: at most `limit` items, newest first. */
export interface Question extends MergeSource {
  limit: number;
}

/**
 * Items of a conversation, newest first. `next`: it may have more before this seq, not after this time (ms);
 * null: it has no more.
 */
export interface Answer<Item> {
  items: Item[];
  next: { before: number; at: number } | null;
}

/** What one page of a merge may cost. */
export interface MergeBudget {
  /** conversations that are asked */
  calls: number;
  /** of these, at once */
  parallel: number;
  /** the time (ms since 1970) after which no further conversation is asked */
  until: number;
  /** UTF-16 units of bodies after which no further conversation is asked, and of the page */
  size: number;
  /** open conversations that the progress names */
  kept: number;
  /** items of before this time (ms) are not wanted */
  since: number;
}

/** A page of a merge: the newest items that are left, and the progress behind it; null: nothing is left. */
export interface MergedPage<Item> {
  items: Item[];
  next: Progress | null;
}

/** The least number of items that a conversation is asked for. */
const MIN_ASKED = 5;

/**
 * Merges items of a user's conversations, newest first. It asks the conversations that can have the newest
 * items: at first by their last activity, later by what their answers have left. An item is given once no
 * conversation can have a newer one that is not given. Most pages therefore ask few conversations. A page
 * that reaches its budget gives what is certain, which may be nothing; the next one goes on from there.
 * @param list the list by activity behind `progress.asked`, and which of `progress.open` it has
 * @param ask asks conversations at once; null for one that has nothing or does not answer
 * @param take looks at the items of the page, and answers how many of them it takes; absent: all
 */
export async function mergePage<Item extends Mergeable>(
  progress: Progress,
  list: ActivityPage,
  limit: number,
  budget: MergeBudget,
  ask: (questions: Question[]) => Promise<(Answer<Item> | null)[]>,
  take: (items: Item[]) => Promise<number> = async ({ length }) => length,
): Promise<MergedPage<Item>> {
  const sources = new MergeSources(progress, list, budget.since);
  const items: Item[] = [];
  let size = 0;
  let { calls } = budget;
  do {
    const last = items[limit - 1];
    const taken = takeAbove(sources, last ? placeOf(last) : null, Math.min(calls, budget.parallel));
    if (taken.length === 0) break;
    calls -= taken.length;
    const most = Math.min(limit, Math.max(MIN_ASKED, Math.ceil((2 * limit) / taken.length)));
    const answers = await ask(taken.map((source) => ({ ...source, limit: most })));
    for (const [i, { conversationId }] of taken.entries()) {
      const answer = answers[i];
      if (!answer) continue;
      items.push(...answer.items);
      size += answer.items.reduce((sum, { body }) => sum + body.length, 0);
      if (answer.next) sources.reopen({ conversationId, ...answer.next });
    }
    items.sort((a, b) => compare(placeOf(b), placeOf(a)));
  } while (calls > 0 && size < budget.size && Date.now() < budget.until);
  const certain = countCertain(items, sources, limit, budget);
  return pageOf(items, sources, await take(items.slice(0, certain)), budget);
}

/** Takes at most `count` sources that may have items above a place; null: any items. */
function takeAbove(sources: MergeSources, place: Place | null, count: number): MergeSource[] {
  const taken: MergeSource[] = [];
  while (taken.length < count) {
    const top = sources.top();
    if (!top || (place && compare(top, place) < 0)) break;
    const source = sources.take();
    if (!source) break;
    taken.push(source);
  }
  return taken;
}

/** How many items of a page are above everything that the sources may still have. */
function countCertain<Item extends Mergeable>(
  items: Item[],
  sources: MergeSources,
  limit: number,
  budget: MergeBudget,
): number {
  const unknown = sources.top();
  let size = 0;
  let count = 0;
  for (const item of items.slice(0, limit)) {
    if (size >= budget.size || (unknown && compare(placeOf(item), unknown) <= 0)) break;
    size += item.body.length;
    count++;
  }
  return count;
}

/** The first items, and the progress behind them. */
function pageOf<Item extends Mergeable>(
  items: Item[],
  sources: MergeSources,
  count: number,
  budget: MergeBudget,
): MergedPage<Item> {
  const unknown = sources.top();
  const [given, left] = [items.slice(0, count), items.slice(count)];
  // The newest one that is left of a conversation counts: it is noted last.
  for (const { conversationId, seq, createdAt: at } of left.toReversed())
    sources.reopen({ conversationId, before: seq + 1, at });
  const [first] = left;
  const end = newestOf(unknown, first && placeOf(first));
  return { items: given, next: end && sources.progress(above(end), budget.kept, given.length > 0) };
}

function placeOf({ createdAt: at, conversationId, seq }: Mergeable): Place {
  return { at, conversationId, seq };
}
