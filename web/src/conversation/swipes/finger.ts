/**
 * A swipe begins so far from the edge where lines begin, in px of the page. What is nearer to the edge is
 * for the gestures of browsers and systems, which a page cannot keep from acting.
 */
export const BEGINS = { from: 24, to: 120 };
/** A finger that has moved further, in px, swipes or scrolls. A long press ends there, too. */
export const STILL = 10;
/** What has a use of its own for a finger that moves to the side. */
const OTHERS = "input, textarea, select, video, dialog, [popover]";

/** 1: lines run to the right; -1: to the left */
export function lineDirection(): 1 | -1 {
  return getComputedStyle(document.documentElement).direction === "rtl" ? -1 : 1;
}

/** Whether a pointer is no finger, or something else has a use for its way to the side. */
export function isTaken({ pointerType, target }: PointerEvent): boolean {
  if (pointerType !== "touch" || !(target instanceof Element) || target.closest(OTHERS)) return true;
  return (visualViewport?.scale ?? 1) > 1 || isWide(target);
}

/** Whether something can be scrolled to the side there, as a table or lines of code. */
function isWide(target: Element): boolean {
  for (let one: Element | null = target; one; one = one.parentElement)
    if (one.scrollWidth > one.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(one).overflowX))
      return true;
  return false;
}
