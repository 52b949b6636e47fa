import type {
  ActivityPage,
  ActivityPlace,
  WalkedList,
} from "../../../domain/conversations/conversation-list.ts";
import type { ConversationId } from "../../../domain/ids.ts";
import { type Bound, below, boundIn, compare, lastPlaceIn, newestOf, type Place } from "./place.ts";
import { type OpenConversation, type Progress, WHOLE_LIST } from "./progress.ts";

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
  readonly #since: number;
  readonly #before: Place | null;
  readonly #dropped: Place | null;
  readonly #open: Map<ConversationId, OpenConversation>;
  readonly #changed: ConversationId[];
  readonly #rest: ActivityPlace[];
  readonly #list: Pick<ActivityPage, "hasMoreChanged" | "hasMoreRest" | "asOf">;
  /** open at the start, or taken: their rows of the list are passed over */
  readonly #known: Set<ConversationId>;
  #asked: WalkedList | null;
  /** a conversation was taken that has not just changed: the merge gets on */
  #getsOn = false;

  /** @param since items of before this time (ms) are not wanted */
  constructor({ before, asked, open, dropped }: Progress, list: ActivityPage, since: number) {
    this.#since = since;
    const listed = new Set(list.listed);
    this.#before = before;
    this.#dropped = dropped;
    // A conversation that the user has left meanwhile is not asked.
    const stillOpen = open.filter(({ conversationId }) => listed.has(conversationId));
    this.#open = new Map(stillOpen.map((one) => [one.conversationId, one]));
    this.#known = new Set(this.#open.keys());
    this.#changed = [...list.changed];
    this.#rest = [...list.rest];
    this.#list = list;
    this.#asked = asked;
  }

  /** The newest place at which any source may have an item that is wanted; null: no source is left. */
  top(): Place | null {
    const top = this.#head()?.top;
    return top && top.at >= this.#since ? top : null;
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
   * @param hasItems whether the page gives any
   */
  progress(before: Place, kept: number, hasItems: boolean): Progress {
    const open = [...this.#open.values()].sort((a, b) => compare(topOf(b), topOf(a)));
    const [cut] = open.splice(kept);
    const dropped = newestOf(this.#dropped, cut && topOf(cut));
    const unasked = newestOf(this.#changedHead()?.top, this.#restHead()?.top);
    const other = newestOf(unasked, open[0] && topOf(open[0]));
    if (dropped && (!other || compare(other, dropped) <= 0))
      return { before, asked: null, open, dropped: null };
    return { before, asked: unasked ? this.#walked(hasItems) : WHOLE_LIST, open, dropped };
  }

  /**
   * The part of the list that was asked. Where more conversations change between two pages than a page can
   * ask, the walk goes on by id, from the lowest one: it needs no look at what changes.
   */
  #walked(hasItems: boolean): WalkedList | null {
    if (this.#asked?.by !== "activity") return this.#asked;
    const isStuck = !this.#getsOn && !hasItems;
    if (this.#changedHead() || isStuck) return { by: "id", upTo: 0 };
    return { ...this.#asked, asOf: this.#list.asOf };
  }

  #head(): Head | null {
    const dropped = this.#dropped && { top: this.#dropped, take: null };
    const heads = [this.#changedHead(), this.#restHead(), this.#openHead(), dropped];
    return heads.reduce((a, b) => (a && b ? (compare(a.top, b.top) < 0 ? b : a) : (a ?? b)), null);
  }

  /** The conversations that have got new messages since the last page, or came to be listed. */
  #changedHead(): Head | null {
    for (let [id] = this.#changed; id !== undefined && this.#known.has(id); [id] = this.#changed)
      this.#changed.shift();
    const [next] = this.#changed;
    if (!this.#before || (next === undefined && !this.#list.hasMoreChanged)) return null;
    if (next === undefined) return { top: below(this.#before), take: null };
    const take = () => {
      this.#changed.shift();
      return this.#sourceOf(next);
    };
    return { top: below(this.#before), take };
  }

  /** The conversations that follow in the list. */
  #restHead(): Head | null {
    const next = this.#nextOfRest();
    if (!next && !this.#list.hasMoreRest) return null;
    const take = next && (() => this.#takeRow(next));
    // In a walk by id any of them may have the newest item.
    if (this.#before && this.#asked?.by === "id") return { top: below(this.#before), take };
    const at = next ?? this.#oldest;
    if (!at) return null;
    const last = lastPlaceIn(at.conversationId, at.updatedAt);
    const top = this.#before && compare(this.#before, last) <= 0 ? below(this.#before) : last;
    return { top, take };
  }

  get #oldest(): ActivityPlace | null {
    return this.#asked?.by === "activity" ? this.#asked.oldest : null;
  }

  #openHead(): Head | null {
    let best: OpenConversation | null = null;
    for (const one of this.#open.values()) if (!best || compare(topOf(one), topOf(best)) > 0) best = one;
    if (!best) return null;
    const { conversationId, before } = best;
    const take = () => {
      this.#getsOn = true;
      this.#open.delete(conversationId);
      return { conversationId, bound: { before } };
    };
    return { top: topOf(best), take };
  }

  /** The next row of the list, behind those whose conversations are known. */
  #nextOfRest(): ActivityPlace | null {
    for (let [row] = this.#rest; row; [row] = this.#rest) {
      if (!this.#known.has(row.conversationId)) return row;
      this.#pass(row);
    }
    return null;
  }

  #takeRow(row: ActivityPlace): MergeSource {
    this.#pass(row);
    return this.#sourceOf(row.conversationId);
  }

  #sourceOf(conversationId: ConversationId): MergeSource {
    this.#known.add(conversationId);
    return { conversationId, bound: boundIn(conversationId, this.#before) };
  }

  /** Goes on in the list behind its next row. */
  #pass(row: ActivityPlace): void {
    this.#rest.shift();
    this.#getsOn = true;
    const asOf = this.#asked?.by === "activity" ? this.#asked.asOf : this.#list.asOf;
    this.#asked =
      this.#asked?.by === "id"
        ? { by: "id", upTo: row.conversationId }
        : { by: "activity", oldest: row, asOf };
  }
}

function topOf({ conversationId, at, before }: OpenConversation): Place {
  return { at, conversationId, seq: before - 1 };
}
