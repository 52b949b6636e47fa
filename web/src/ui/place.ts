/** The room between what is opened and what has opened it, and the edge of the page, in px. */
const GAP = 4;

/** Puts what a button has opened below it, or above where there is more room. */
export function place(opened: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = opened;
  const isBelow = at.bottom + GAP + height <= innerHeight || at.top < innerHeight - at.bottom;
  const top = isBelow ? at.bottom + GAP : at.top - GAP - height;
  const left = Math.min(Math.max(GAP, at.right - width), innerWidth - width - GAP);
  opened.style.top = `${Math.max(GAP, top)}px`;
  opened.style.left = `${left}px`;
}
