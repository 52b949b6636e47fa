import type { ConversationEntry, ConversationWindow, WindowView } from "parley-client";
import { isAttended } from "../attended.ts";
import { type Anchor, Place, seqOf } from "./place.ts";
import { type KeyPress, Roving } from "./roving.ts";
import { around, bounded, extentOf, grown, indexOf, newest, type RowWindow } from "./row-window.ts";
import { UnreadMark } from "./unread-mark.ts";

/** Nearer than this to an end of the rows, in px, more rows are made. */
const NEAR = 800;
/** With fewer messages than this beyond the rows, more are loaded. */
const AHEAD = 40;
/** Further than this from the newest message, in px, a button leads there. */
const AWAY = 300;
/** A timeline that is not up to date after this time, in ms, opens with what is there. */
const PATIENCE = 3_000;

/** Where to go. `opening`: to the first unread message, else to the newest one. */
export type Target =
  | { readonly to: "opening" | "end" }
  | {
      readonly to: "row";
      readonly seq: number;
      /** where on screen, in px or in words */
      readonly offset: number | "centre" | "upper";
      readonly isHighlighted: boolean;
    };

/** What a timeline uses of its window. */
export type TimelineWindow = Pick<
  ConversationWindow,
  "view" | "fill" | "jump" | "older" | "newer" | "read" | "trim"
>;

/** What a timeline shows. */
export interface Shown {
  readonly window: TimelineWindow;
  readonly view: WindowView;
  readonly entry: ConversationEntry | undefined;
}

/** What the app does when a user goes somewhere in a timeline. */
export interface TimelineEvents {
  /** The user is elsewhere: an app may keep that, and lead back there. */
  onPlace?: ((place: Anchor | "end") => void) | undefined;
  /** The user was led to a message, which may stand out for a moment. */
  onArrive?: ((row: HTMLElement) => void) | undefined;
  /** The message to which the user was led is not in this timeline. */
  onMissing?: ((seq: number) => void) | undefined;
}

/** What leads a user to messages that are out of sight. */
export interface Guides {
  /** whether the newest message is far away */
  readonly isAway: boolean;
  /** whether the first unread message is above what the user sees, and they have not been there */
  readonly isBeyond: boolean;
  /** how many messages were unread when the user came */
  readonly unread: number;
  /** the first of them; 0: everything was read */
  readonly unreadFrom: number;
}

const NO_GUIDES: Guides = { isAway: false, isBeyond: false, unread: 0, unreadFrom: 0 };

/** The event that {@link settle} dispatches. */
const SETTLE = "parley-settle";

/**
 * Tells a timeline that what is on screen now is where the user wants it, once something in a row, as a text
 * that they have unfolded, has another height.
 */
export function settle(inside: Element): void {
  inside.dispatchEvent(new Event(SETTLE, { bubbles: true }));
}

/**
 * Leads a user through a timeline: which rows are in the page, where the user is, and what they have read.
 */
export class Pilot {
  /** what the app does: the newest functions */
  events: TimelineEvents = {};
  readonly unread = new UnreadMark();
  readonly roving = new Roving();
  readonly #changed: () => void;
  readonly #listeners = new Set<() => void>();
  #guides = NO_GUIDES;
  #place: Place | undefined;
  /** undefined: nothing was loaded yet */
  #rows: RowWindow | undefined;
  #target: Target | undefined = { to: "opening" };
  #shown: Shown | undefined;
  /** up to where the user has read */
  #read = 0;
  /** how many messages were unread when the rows were rendered last */
  #unreadBefore = 0;
  /** the message that the user had marked as unread */
  #marked: number | undefined;
  /** the user has marked a message unread meanwhile: what is on screen stays so */
  #isHeld = false;
  #isLate = false;

  /** @param changed renders the rows anew */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** What leads to messages out of sight, as it is now. */
  get guides(): Guides {
    return this.#guides;
  }

  /** Calls back when the guides change. @returns ends it */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The elements are there. @returns ends the work on them */
  mount(box: HTMLElement, list: HTMLElement): () => void {
    const place = new Place(box, list);
    this.#place = place;
    const resized = new ResizeObserver(() => {
      place.keep();
      // It may have been hidden until now.
      if (this.#target) this.#changed();
      this.look();
    });
    resized.observe(box);
    resized.observe(list);
    const unmountRoving = this.roving.mount(list);
    const onSettled = () => {
      place.settle();
      this.look();
    };
    list.addEventListener(SETTLE, onSettled);
    const late = setTimeout(() => {
      this.#isLate = true;
      this.#changed();
    }, PATIENCE);
    return () => {
      resized.disconnect();
      unmountRoving();
      list.removeEventListener(SETTLE, onSettled);
      clearTimeout(late);
    };
  }

  /** Which messages have rows: the index of the first one, and the one behind the last one. */
  extent({ messages, hasNewer, hasOlder }: WindowView): [start: number, end: number] {
    const target = this.#target;
    const anchor = this.#place?.anchor ?? "end";
    let rows = this.#rows ? bounded(messages, this.#rows, anchor === "end") : newest(messages);
    const [start, end] = extentOf(messages, rows);
    if (target?.to === "row") {
      const at = Math.min(indexOf(messages, target.seq), messages.length - 1);
      if (at < start || at >= end) rows = around(messages, target.seq);
    } else if (target?.to === "end" && !hasNewer) {
      if (rows.to < Infinity) rows = newest(messages);
      // The window shows another place by now.
    } else if (start >= end) rows = anchor === "end" ? newest(messages) : around(messages, anchor.seq);
    if (messages.length > 0) this.#rows = rows;
    const [first, last] = extentOf(messages, rows);
    // What stands before a message decides how it looks: the first one waits for that.
    return [first === 0 && hasOlder && last > 1 ? 1 : first, last];
  }

  /** The rows were rendered. */
  rendered(shown: Shown): void {
    const place = this.#place;
    if (!place) return;
    this.#shown = shown;
    place.rendered(this.#isUpToDate);
    this.#settle(shown, place);
    this.#mark(shown, place);
    this.#fill(shown, place);
    this.roving.rendered(place);
    this.look();
    if (this.unread.from !== this.unread.rendered) this.#changed();
  }

  /** Whether the last row is that of the newest message. */
  get #isUpToDate(): boolean {
    return this.#rows?.to === Infinity && this.#shown?.view.hasNewer === false;
  }

  /** Goes somewhere, as soon as that is loaded. */
  goTo(target: Target, window = this.#shown?.window): void {
    this.#target = target;
    if (target.to === "end") void window?.jump(Infinity);
    else if (target.to === "row") void window?.jump(target.seq);
    this.#changed();
  }

  /** The box was scrolled, perhaps by the user. */
  scrolled(): void {
    const place = this.#place;
    const shown = this.#shown;
    if (!place?.scrolled() || !shown) return;
    if (this.#target?.to === "opening" && shown.entry) this.#open(shown.entry);
    this.events.onPlace?.(place.anchor);
    this.#fill(shown, place);
    this.look();
  }

  /** Tells what the user sees, and has read thereby, now that they look or that it has changed. */
  look(): void {
    const place = this.#place;
    const shown = this.#shown;
    if (!place || !shown || this.#target || place.isHidden) return;
    const { view, window } = shown;
    const { unread } = this;
    // Nobody sees what is far above: a busy room takes no more memory each hour.
    if (place.isAtEnd && this.#isUpToDate) window.trim();
    const seen = (place.isAtEnd ? view.messages.at(-1)?.seq : place.lastSeen) ?? 0;
    const from = unread.shown || unread.from;
    const isBelow = seqOf(place.firstVisible) > from;
    if (seen >= from && !isBelow && isAttended()) unread.isSeen = true;
    this.#guide({
      isAway: view.messages.length > 0 && (!this.#isUpToDate || place.room.below > AWAY),
      isBeyond: !unread.isSeen && isBelow && seen >= from,
      ...{ unread: unread.count, unreadFrom: from },
    });
    this.roving.follow(seen, place);
    if (seen <= this.#read || this.#isHeld || !isAttended()) return;
    this.#read = seen;
    window.read(seen);
  }

  /** Everything is read. */
  readAll(): void {
    const { window, entry } = this.#shown ?? {};
    this.unread.isSeen = true;
    this.#guide({ ...this.#guides, isBeyond: false });
    if (entry) window?.read(entry.last_seq);
  }

  /** Goes one row up or down, or to an end, with the focus. */
  onKeyDown = (event: KeyPress): void => {
    if (!this.#place || !this.#shown) return;
    const { messages } = this.#shown.view;
    const asked = this.roving.onKeyDown(event, this.#place);
    if (asked) this.roving.want(asked);
    if (asked === "end") this.goTo({ to: "end" });
    const [first] = messages;
    if (asked === "first" && first)
      this.goTo({ to: "row", seq: first.seq, offset: "centre", isHighlighted: false });
  };

  /** The user has answered: nothing is new to them any more, and what they have sent is at the end. */
  answered(): void {
    this.unread.end();
    this.goTo({ to: "end" });
  }

  /** Leads to the first unread message, with the focus. */
  toUnread(): void {
    const seq = this.unread.shown || this.unread.from;
    this.roving.want(seq);
    this.goTo({ to: "row", seq, offset: "upper", isHighlighted: false });
  }

  /** Leads to the newest message, with the focus. */
  toNewest(): void {
    this.roving.want("end");
    this.goTo({ to: "end" });
  }

  #guide(guides: Guides): void {
    const before = this.#guides;
    const { isAway, isBeyond, unread, unreadFrom } = guides;
    if (before.isAway === isAway && before.isBeyond === isBeyond)
      if (before.unread === unread && before.unreadFrom === unreadFrom) return;
    this.#guides = guides;
    for (const listener of this.#listeners) listener();
  }

  /** Goes where it was asked to go, if that is loaded. */
  #settle({ window, view, entry }: Shown, place: Place): void {
    const target = this.#target;
    // Another view is on its way.
    if (!target || window.view !== view || place.isHidden) return;
    const { messages, isLoading, hasOlder, hasNewer } = view;
    const isEmpty = messages.length === 0;
    if (target.to === "opening") {
      if (!entry || (isEmpty && hasOlder) || (isLoading && !this.#isLate)) return;
      this.#open(entry);
      // The user has scrolled, and stays there. The event of the scroll may still be on its way.
      if (!place.isAtEnd) return;
      const from = this.unread.from;
      // At once: the user may scroll before the next render.
      if (from === 0 && !isEmpty && !hasNewer) this.#arriveAtEnd(place);
      else if (from === 0 || isEmpty) this.goTo({ to: "end" });
      else this.goTo({ to: "row", seq: from, offset: "upper", isHighlighted: false });
    } else if (isEmpty) {
      if (!isLoading && !hasOlder) this.#target = undefined;
    } else if (target.to === "row") {
      this.#target = undefined;
      place.toRow(target.seq, target.offset);
      this.events.onPlace?.(place.anchor);
      this.roving.arrived(place);
      if (target.isHighlighted) this.#highlight(target.seq, place);
    } else if (!hasNewer) this.#arriveAtEnd(place);
  }

  #arriveAtEnd(place: Place): void {
    this.#target = undefined;
    place.toEnd();
    this.events.onPlace?.("end");
    this.roving.arrived(place);
  }

  /** The conversation is open: what is unread now is new to the user. */
  #open(entry: ConversationEntry): void {
    this.#target = undefined;
    this.#marked = entry.unread_from;
    this.#unreadBefore = entry.unread_count;
    this.unread.set(entry);
  }

  /** Marks what has come while the user was elsewhere, or what they have marked. */
  #mark({ entry }: Shown, place: Place): void {
    if (!entry || this.#target) return;
    const { unread_from: marked, unread_count: count } = entry;
    if (marked !== this.#marked) {
      this.#marked = marked;
      this.#isHeld = marked !== undefined;
      if (this.#isHeld) this.unread.set(entry);
    } else if (this.#unreadBefore === 0 && count > 0 && !(place.isAtEnd && isAttended()))
      this.unread.set(entry);
    if (!this.unread.isSeen) this.unread.count = Math.max(this.unread.count, count);
    this.#unreadBefore = count;
  }

  #highlight(seq: number, place: Place): void {
    const row = place.row(seq);
    if (seqOf(row) !== seq) this.events.onMissing?.(seq);
    if (!row) return;
    this.events.onArrive?.(row);
    this.roving.follow(seq, place);
  }

  /** Makes rows where the user comes near to the end of those that are there, and loads more messages. */
  #fill({ view, window }: Shown, place: Place): void {
    const { messages, hasOlder, hasNewer, isLoading, problem } = view;
    if (this.#target || !this.#rows || messages.length === 0 || place.isHidden) return;
    const { above, below } = place.room;
    const [start, end] = extentOf(messages, this.#rows);
    const canLoad = !isLoading && !problem && window.view === view;
    if (above < NEAR) {
      if (start > 0) this.#grow("older");
      if (start < AHEAD && hasOlder && canLoad) void window.older();
    }
    if (below < NEAR) {
      if (end < messages.length) this.#grow("newer");
      if (messages.length - end < AHEAD && hasNewer && canLoad) void window.newer();
    }
  }

  #grow(towards: "older" | "newer"): void {
    if (!this.#rows || !this.#shown) return;
    this.#rows = grown(this.#shown.view.messages, this.#rows, towards);
    this.#changed();
  }
}
