import { type Place, seqOf } from "./place.ts";

/** The focus among the rows: one row is reached by Tab, and arrow keys lead to the others. */
export class Roving {
  /** the `seq` of the row that Tab reaches */
  #seq = 0;
  #row: HTMLElement | undefined;
  /** whether a row has the focus */
  #hasFocus = false;
  /** which end the focus goes to as soon as it has its rows */
  #wanted: "first" | "end" | undefined;

  /** The rows were rendered. */
  rendered(place: Place): void {
    const row = place.row(this.#seq) ?? place.rows.at(-1);
    // The focus does not go away with a row that is out of sight now.
    if (this.#hasFocus && document.activeElement === document.body) row?.focus({ preventScroll: true });
    this.#stopAt(row);
  }

  /** The timeline shows what it was asked for. */
  arrived({ rows }: Place): void {
    if (this.#wanted) focusOn(rows.at(this.#wanted === "first" ? 0 : -1));
    this.#wanted = undefined;
  }

  /** Tab reaches the message that the user sees, while the focus is elsewhere. */
  follow(seq: number): void {
    if (!this.#hasFocus) this.#seq = seq;
  }

  /** A row, or something in it, has got the focus. */
  onFocusIn = ({ target }: FocusEvent): void => {
    const row = target instanceof Element ? target.closest<HTMLElement>("li[data-seq]") : null;
    this.#hasFocus = row !== null;
    if (!row) return;
    this.#seq = seqOf(row);
    this.#stopAt(row);
  };

  onFocusOut = ({ relatedTarget }: FocusEvent): void => {
    // A row that is removed has the focus until then, and nothing else gets it.
    if (relatedTarget) this.#hasFocus = false;
  };

  /**
   * Moves the focus by a key.
   * @returns what the timeline has to show for it: the first message that is loaded, or the newest one
   */
  onKeyDown(event: KeyboardEvent, place: Place): "first" | "end" | undefined {
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
        this.#wanted = key === "Home" ? "first" : "end";
        event.preventDefault();
        return this.#wanted;
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
  }
}

/** Gives a row the focus, and scrolls to it. */
function focusOn(row: HTMLElement | undefined): void {
  if (!row) return;
  row.tabIndex = 0;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}
