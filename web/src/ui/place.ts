/** The room between what is opened and what has opened it, and the edge of the page, in px. */
const GAP = 4;

/** Where a thing ends that has opened something, in px of the page. */
export type Edges = Pick<DOMRect, "top" | "bottom" | "left" | "right">;

/**
 * Puts what was opened below what has opened it, or above where there is more room.
 * @param edge which edge both have in common; "left" where there is room to the right of it only
 */
export function place(opened: HTMLElement, edges: Edges, edge: "left" | "right" = "right"): void {
  const { top, bottom, left, right } = edges;
  const { offsetWidth: width, offsetHeight: height } = opened;
  const isBelow = bottom + GAP + height <= innerHeight || top < innerHeight - bottom;
  const y = isBelow ? Math.min(bottom + GAP, innerHeight - height - GAP) : top - GAP - height;
  const hasRoom = left + width + GAP <= innerWidth;
  const x = edge === "left" && hasRoom ? left : Math.min(right - width, innerWidth - width - GAP);
  opened.style.top = `${Math.max(GAP, y)}px`;
  opened.style.left = `${Math.max(GAP, x)}px`;
}
