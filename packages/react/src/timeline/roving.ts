import { seqOf } from "./place.ts";
import { TabStops } from "./tab-stops.ts";

/** A key that was pressed, as the browser or React tells of it. */
export interface KeyPress {
  readonly key: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly defaultPrevented: boolean;
  readonly target: EventTarget | null;
  preventDefault(): void;
}

/** The rows that are rendered, and which of them are on screen. */
export interface Rows {
  /** the oldest first */
  readonly rows: readonly HTMLElement[];
  /** the first row that is on screen */
  readonly firstVisible: HTMLElement | undefined;
  /** the `seq` of the last row that is on screen; 0: there is none */
  readonly lastSeen: number;
  /** The row of a message, or of the next one if that has none. */
  row(seq: number): HTMLElement | undefined;
  /** Scrolls by a page: up by -1, down by 1. */
  turn(by: 1 | -1): void;
}

/**
 * The focus among the rows: one row is reached by Tab, then its controls, and arrow keys lead to the others.
 */
export class Roving {
  readonly #stops = new TabStops();
  /** the `seq` of the row that Tab reaches; Infinity: nobody has seen one yet, and Tab reaches the newest */
  #seq = Infinity;
  #row: HTMLElement | undefined;
  /** whether a row has the focus */
  #hasFocus = false;
  /** where the focus goes as soon as the rows are there */
  #wanted: "first" | "end" | number | undefined;

  /** The list is there. @returns ends the work on it */
  mount(list: HTMLElement): () => void {
    return this.#stops.mount(list);
  }

  /** The rows were rendered. */
  rendered(place: Rows): void {
    const row = place.row(this.#seq) ?? place.rows.at(-1);
    // The focus does not go away with a row that is out of sight now.
    if (this.#hasFocus && document.activeElement === document.body) row?.focus({ preventScroll: true });
    this.#stopAt(row);
  }

  /** The timeline shows what it was asked for. */
  arrived(place: Rows): void {
    const wanted = this.#wanted;
    if (typeof wanted === "number") focusOn(place.row(wanted));
    else if (wanted) focusOn(place.rows.at(wanted === "first" ? 0 : -1));
    this.#wanted = undefined;
  }

  /** Tab reaches the message that the user sees, while the focus is elsewhere. */
  follow(seq: number, place: Rows): void {
    if (this.#hasFocus || seq === this.#seq) return;
    this.#seq = seq;
    this.#stopAt(place.row(seq) ?? place.rows.at(-1));
  }

  /** The focus goes to an end of what is shown next, or to a row of it. */
  want(wanted: "first" | "end" | number): void {
    this.#wanted = wanted;
  }

  /** A row, or something in it, has got the focus. */
  onFocusIn = ({ target }: Pick<KeyPress, "target">): void => {
    const row = target instanceof Element ? target.closest<HTMLElement>("li[data-seq]") : null;
    this.#hasFocus = row !== null;
    if (!row) return;
    this.#seq = seqOf(row);
    this.#stopAt(row);
  };

  onFocusOut = ({ target }: Pick<KeyPress, "target">): void => {
    // A row that is removed takes the focus with it, and one in a page that the user leaves gets it again.
    queueMicrotask(() => {
      if (!(target instanceof Element) || !target.isConnected || !document.hasFocus()) return;
      this.#hasFocus = document.activeElement?.closest("li[data-seq]") != null;
    });
  };

  /**
   * Moves the focus by a key.
   * @returns what the timeline has to show for it: the first message that is loaded, or the newest one
   */
  onKeyDown(event: KeyPress, place: Rows): "first" | "end" | undefined {
    const { target, key } = event;
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return undefined;
    if (!(target instanceof Element) || target.closest("input, textarea, select, [role=menu], [popover]"))
      return undefined;
    const { rows } = place;
    const at = rows.findIndex((row) => row.contains(target));
    if (at < 0) return undefined;
    switch (key) {
      case "ArrowUp":
      case "ArrowDown":
        focusOn(rows[at + (key === "ArrowUp" ? -1 : 1)]);
        break;
      case "PageUp":
      case "PageDown":
        place.turn(key === "PageUp" ? -1 : 1);
        focusOn(key === "PageUp" ? place.firstVisible : place.row(place.lastSeen));
        break;
      case "Home":
      case "End":
        event.preventDefault();
        return key === "Home" ? "first" : "end";
      default:
        return undefined;
    }
    event.preventDefault();
    return undefined;
  }

  #stopAt(row: HTMLElement | undefined): void {
    if (this.#row && this.#row !== row) this.#row.tabIndex = -1;
    if (row) row.tabIndex = 0;
    this.#row = row;
    this.#stops.moveTo(row);
  }
}

/** Gives a row the focus, and scrolls to it. */
export function focusOn(row: HTMLElement | undefined): void {
  if (!row) return;
  row.tabIndex = 0;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}
