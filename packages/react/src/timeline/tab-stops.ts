/** What Tab reaches in a row, or above it. Rows themselves are led by {@link Roving}. */
const CONTROLS = "a[href], button, input, textarea, summary, audio, video, [tabindex]:not(li)";

/**
 * Leaves to Tab the controls of one row, and the heading of its day. A timeline has hundreds of others, which
 * would stand between the list and the field.
 */
export class TabStops {
  /** the `tabindex` of each control that Tab passes over, without that */
  readonly #hidden = new Map<Element, string | null>();
  #row: Element | undefined;

  /** Follows what is rendered in a list. @returns ends it */
  mount(list: HTMLElement): () => void {
    const watch = new MutationObserver((changes) => {
      for (const { addedNodes } of changes)
        for (const node of addedNodes) if (node instanceof Element) this.#update(node);
      for (const control of this.#hidden.keys()) if (!control.isConnected) this.#hidden.delete(control);
    });
    watch.observe(list, { childList: true, subtree: true });
    return () => watch.disconnect();
  }

  /** Tab reaches the controls of this row. */
  moveTo(row: Element | undefined): void {
    const before = this.#row;
    if (row === before) return;
    this.#row = row;
    for (const one of [before, row]) {
      if (one) this.#update(one);
      for (const part of one?.closest("[data-day]")?.children ?? [])
        if (!part.matches("ol")) this.#update(part);
    }
  }

  #update(inside: Element): void {
    for (const control of inside.querySelectorAll(CONTROLS)) this.#set(control);
    if (inside.matches(CONTROLS)) this.#set(inside);
  }

  #set(control: Element): void {
    const before = this.#hidden.get(control);
    if (this.#isStop(control)) {
      if (!this.#hidden.delete(control)) return;
      if (before == null) control.removeAttribute("tabindex");
      else control.setAttribute("tabindex", before);
    } else if (before === undefined) {
      this.#hidden.set(control, control.getAttribute("tabindex"));
      control.setAttribute("tabindex", "-1");
    }
  }

  /** What is in no row, as a message that waits, is reached by Tab alone. */
  #isStop(control: Element): boolean {
    const row = control.closest("li[data-seq]");
    if (row) return row === this.#row;
    const day = control.closest("[data-day]");
    return !day || (this.#row !== undefined && day.contains(this.#row));
  }
}
