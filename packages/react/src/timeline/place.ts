/** Nearer than this to the newest message, in px, the view is at it and stays at it. */
const AT_END = 8;
/** Of a row this much must be visible, in px, or all of it, before it counts as seen. */
const SEEN = 48;

/** A row by its `seq`, and how far its upper edge is below that of the visible part, in px. */
export interface Anchor {
  readonly seq: number;
  readonly offset: number;
}

/**
 * The place at which a user is in a timeline: a row that stays where it is on screen, or the end. Whatever
 * changes its height or comes and goes, `keep` holds it. Nothing is left to the browser, since not all
 * browsers anchor the scroll.
 */
export class Place {
  readonly #box: HTMLElement;
  readonly #list: HTMLElement;
  #rows: readonly HTMLElement[] = [];
  #anchor: Anchor | "end" = "end";
  /** whether the last row is that of the newest message */
  #hasEnd = true;
  /** where the box was scrolled to last, in px */
  #top = 0;
  /** how high its content was then, in px */
  #height = 0;

  /** @param box what scrolls @param list what has the rows: each `li` with `data-seq` */
  constructor(box: HTMLElement, list: HTMLElement) {
    this.#box = box;
    this.#list = list;
  }

  /** Where the user is. */
  get anchor(): Anchor | "end" {
    return this.#anchor;
  }

  /** Whether the user is at the newest message, and stays there when others come. */
  get isAtEnd(): boolean {
    return this.#anchor === "end";
  }

  /**
   * Whether something else stands in the place of the timeline, as on a narrow screen: nothing can be
   * measured.
   */
  get isHidden(): boolean {
    return this.#box.clientHeight === 0;
  }

  /** How much there is above what is visible, and below, in px. */
  get room(): { above: number; below: number } {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    return { above: scrollTop, below: scrollHeight - clientHeight - scrollTop };
  }

  /** The rows in the page, the oldest first. */
  get rows(): readonly HTMLElement[] {
    return this.#rows;
  }

  /** The row of a message, or of the next one if that has none. */
  row(seq: number): HTMLElement | undefined {
    return this.#rows[this.#first((row) => seqOf(row) >= seq)];
  }

  /** The rows were rendered. @param hasEnd whether the last one is that of the newest message */
  rendered(hasEnd: boolean): void {
    this.#rows = [...this.#list.querySelectorAll<HTMLElement>("li[data-seq]")];
    this.#hasEnd = hasEnd;
    this.keep();
  }

  /** Goes back to the place after something has changed its height. */
  keep(): void {
    const box = this.#box;
    if (this.isHidden) return;
    this.#followUser();
    if (this.#anchor === "end") box.scrollTop = box.scrollHeight;
    else {
      const { seq, offset } = this.#anchor;
      const row = this.row(seq) ?? this.#rows.at(-1);
      if (!row) return;
      const moved = this.#offset(row) - offset;
      if (Math.abs(moved) >= 0.5) box.scrollTop += moved;
    }
    this.#measured();
  }

  /** The box was scrolled. @returns whether the user did it, and is elsewhere now */
  scrolled(): boolean {
    const box = this.#box;
    if (this.isHidden || Math.abs(box.scrollTop - this.#top) < 1) return false;
    this.#look();
    return true;
  }

  /** What is on screen now is where the user wants it. */
  settle(): void {
    this.#look();
  }

  /** Goes to the end. */
  toEnd(): void {
    this.#anchor = "end";
    this.keep();
  }

  /** Puts a row at a place. @param offset in px, or where the row stands in the visible part */
  toRow(seq: number, offset: number | "centre" | "upper"): void {
    const row = this.row(seq);
    const { clientHeight: height } = this.#box;
    const centred = Math.max(SEEN, (height - (row?.offsetHeight ?? 0)) / 2);
    const places = { centre: centred, upper: Math.min(160, height / 4) };
    this.#anchor = { seq, offset: typeof offset === "number" ? offset : places[offset] };
    this.keep();
    // There may be less below it than the place asks for.
    this.#look();
  }

  /** Scrolls by a page. @param direction -1: up, 1: down */
  turn(direction: -1 | 1): void {
    this.#box.scrollTop += direction * (this.#box.clientHeight - SEEN);
  }

  /** The `seq` of the newest message that is on screen; 0: there is none. */
  get lastSeen(): number {
    if (this.isHidden) return 0;
    const { bottom } = this.#box.getBoundingClientRect();
    const hidden = this.#first((row) => {
      const { top, height } = row.getBoundingClientRect();
      return top + Math.min(height, SEEN) > bottom + 1;
    });
    return seqOf(this.#rows[hidden - 1]);
  }

  /** The first row that begins in the visible part. */
  get firstVisible(): HTMLElement | undefined {
    return this.#rows[this.#first((row) => this.#offset(row) >= 0)] ?? this.#rows.at(-1);
  }

  /** Takes into account how far the user has scrolled, if the event of it has not come yet. */
  #followUser(): void {
    const moved = this.#box.scrollTop - this.#top;
    // What has become shorter has scrolled by itself.
    const isShorter = this.room.below < 1 && this.#box.scrollHeight < this.#height;
    if (Math.abs(moved) < 1 || isShorter) return;
    if (this.#anchor === "end") this.#look();
    else this.#anchor = { ...this.#anchor, offset: this.#anchor.offset - moved };
  }

  /** Notes where the user is. */
  #look(): void {
    const row = this.firstVisible;
    const isAtEnd = this.#hasEnd && this.room.below < AT_END;
    this.#anchor = isAtEnd || !row ? "end" : { seq: seqOf(row), offset: this.#offset(row) };
    this.#measured();
  }

  #measured(): void {
    this.#top = this.#box.scrollTop;
    this.#height = this.#box.scrollHeight;
  }

  #offset(row: HTMLElement): number {
    return row.getBoundingClientRect().top - this.#box.getBoundingClientRect().top;
  }

  /** The index of the first row of which something holds that holds of all below it, too. */
  #first(holds: (row: HTMLElement) => boolean): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = this.#rows[middle];
      if (row && holds(row)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** The `seq` of a row; 0: there is no row. */
export function seqOf(row: HTMLElement | undefined): number {
  return Number(row?.dataset.seq ?? 0);
}
