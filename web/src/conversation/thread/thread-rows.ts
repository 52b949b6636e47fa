import { type Rows, seqOf } from "parley-react/timeline";

/** A page is a little less than what is on screen. */
const PAGE = 0.9;

/** The rows of a thread: its root and the replies. */
export class ThreadRows implements Rows {
  readonly #box: HTMLElement;

  constructor(box: HTMLElement) {
    this.#box = box;
  }

  get rows(): readonly HTMLElement[] {
    return [...this.#box.querySelectorAll<HTMLElement>("li[data-seq]")];
  }

  get firstVisible(): HTMLElement | undefined {
    const { top } = this.#box.getBoundingClientRect();
    return this.rows.find((row) => row.getBoundingClientRect().bottom > top);
  }

  get lastSeen(): number {
    const { bottom } = this.#box.getBoundingClientRect();
    return seqOf(this.rows.findLast((row) => row.getBoundingClientRect().top < bottom));
  }

  row(seq: number): HTMLElement | undefined {
    return this.rows.find((row) => seqOf(row) >= seq);
  }

  turn(by: 1 | -1): void {
    this.#box.scrollTop += by * this.#box.clientHeight * PAGE;
  }
}
