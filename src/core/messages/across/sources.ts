import type {
  ActivityPage,
  ActivityPlace,
  ActivitySpan,
} from "../../../domain/conversations/conversation-list.ts";
import type { ConversationId } from "../../../domain/ids.ts";
import { type Bound, below, boundIn, compare, lastPlaceIn, newestOf, type Place } from "./place.ts";
import type { OpenConversation, Progress } from "./progress.ts";

/** A conversation that is to be asked, and for which of its messages. */
export interface MergeSource {
  conversationId: ConversationId;
  bound: Bound;
}

/**
 * The newest place at which a source may have an item, and how the source is taken; null: not on this page.
 */
interface Head {
  top: Place;
  take: (() => MergeSource) | null;
}

/**
 * The conversations that a page of a merge has not asked yet. The first one is that which may have the newest
 * item.
 */
export class MergeSources {
  readonly #before: Place | null;
  readonly #dropped: Place | null;
  readonly #open: Map<ConversationId, OpenConversation>;
  readonly #newer: ActivityPlace[];
  readonly #older: ActivityPlace[];
  readonly #list: Pick<ActivityPage, "hasNewer" | "hasOlder">;
  /** open at the start, or taken: their rows of the list are passed over */
  readonly #known: Set<ConversationId>;
  #asked: ActivitySpan | null;

  constructor({ before, asked, open, dropped }: Progress, list: ActivityPage) {
    const listed = new Set(list.listed);
    this.#before = before;
    this.#dropped = dropped;
    // A conversation that the user has left meanwhile is not asked.
    const stillOpen = open.filter(({ conversationId }) => listed.has(conversationId));
    this.#open = new Map(stillOpen.map((one) => [one.conversationId, one]));
    this.#known = new Set(this.#open.keys());
    this.#newer = [...list.newer];
    this.#older = [...list.older];
    this.#list = list;
    this.#asked = asked === "all" ? null : asked;
  }

  /** The newest place at which any source may have an item; null: no source is left. */
  top(): Place | null {
    return this.#head()?.top ?? null;
  }

  /**
   * Takes the source that may have the newest item; null if none is left, or this page cannot ask it.
   */
  take(): MergeSource | null {
    return this.#head()?.take?.() ?? null;
  }

  /** Notes that a conversation may have more. */
  reopen(one: OpenConversation): void {
    this.#open.set(one.conversationId, one);
  }

  /**
   * The progress after the page.
   * @param before every item from here on is given
   * @param kept the open conversations that the progress names at most. If there are more, those with the
   *   oldest items are dropped; once nothing newer is left, the list is asked from its top again
   */
  progress(before: Place, kept: number): Progress {
    const open = [...this.#open.values()].sort((a, b) => compare(topOf(b), topOf(a)));
    const [cut] = open.splice(kept);
    const dropped = newestOf(this.#dropped, cut && topOf(cut));
    const unasked = newestOf(this.#newerHead()?.top, this.#olderHead()?.top);
    const other = newestOf(unasked, open[0] && topOf(open[0]));
    if (dropped && (!other || compare(other, dropped) <= 0))
      return { before, asked: null, open, dropped: null };
    return { before, asked: unasked ? this.#asked : "all", open, dropped };
  }

  #head(): Head | null {
    const dropped = this.#dropped && { top: this.#dropped, take: null };
    const heads = [this.#newerHead(), this.#olderHead(), this.#openHead(), dropped];
    return heads.reduce((a, b) => (a && b ? (compare(a.top, b.top) < 0 ? b : a) : (a ?? b)), null);
  }

  /** The conversations on the newer side of the span: they have new messages since, or came to be listed. */
  #newerHead(): Head | null {
    const next = this.#next(this.#newer);
    if (!this.#before || (!next && !this.#list.hasNewer)) return null;
    return { top: below(this.#before), take: next && (() => this.#takeRow(this.#newer, next)) };
  }

  /** The conversations on the older side of the span. */
  #olderHead(): Head | null {
    const next = this.#next(this.#older);
    const at = next ?? (this.#list.hasOlder ? this.#asked?.oldest : undefined);
    if (!at) return null;
    const last = lastPlaceIn(at.conversationId, at.updatedAt);
    const top = this.#before && compare(this.#before, last) <= 0 ? below(this.#before) : last;
    return { top, take: next && (() => this.#takeRow(this.#older, next)) };
  }

  #openHead(): Head | null {
    let best: OpenConversation | null = null;
    for (const one of this.#open.values()) if (!best || compare(topOf(one), topOf(best)) > 0) best = one;
    if (!best) return null;
    const { conversationId, before } = best;
    const take = () => {
      this.#open.delete(conversationId);
      return { conversationId, bound: { before } };
    };
    return { top: topOf(best), take };
  }

  /** The next row of one side, behind those whose conversations are known. */
  #next(side: ActivityPlace[]): ActivityPlace | null {
    for (let [row] = side; row; [row] = side) {
      if (!this.#known.has(row.conversationId)) return row;
      this.#pass(side, row);
    }
    return null;
  }

  #takeRow(side: ActivityPlace[], row: ActivityPlace): MergeSource {
    this.#pass(side, row);
    this.#known.add(row.conversationId);
    const { conversationId } = row;
    return { conversationId, bound: boundIn(conversationId, this.#before) };
  }

  /** Widens the span by the first row of a side. */
  #pass(side: ActivityPlace[], row: ActivityPlace): void {
    side.shift();
    const { newest, oldest } = this.#asked ?? { newest: row, oldest: row };
    this.#asked = side === this.#newer ? { newest: row, oldest } : { newest, oldest: row };
  }
}

function topOf({ conversationId, at, before }: OpenConversation): Place {
  return { at, conversationId, seq: before - 1 };
}
