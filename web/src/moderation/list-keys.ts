import type { RefObject } from "preact";
import { go } from "../state/router.ts";
import { useKeys } from "./actions.tsx";
import { placeText, type StaffPlace } from "./place.ts";

/**
 * The keys of a list: J and K, the arrow keys, and Escape.
 * @param move goes on in the list, or back; returns whether there is something
 * @param back where Escape leads to; false: nowhere
 */
export function useListKeys(
  list: RefObject<HTMLElement | null>,
  move: (by: 1 | -1) => boolean,
  back: StaffPlace | false,
): void {
  useKeys(({ key, target }) => {
    if (key === "Escape" && back) {
      go({ view: "admin", place: placeText(back) });
      return true;
    }
    // Where something else has the focus, arrow keys scroll.
    const isInList = target === document.body || (target instanceof Node && list.current?.contains(target));
    if (key === "j" || (key === "ArrowDown" && isInList)) return move(1);
    if (key === "k" || (key === "ArrowUp" && isInList)) return move(-1);
    return false;
  });
}

/** Gives the focus to the next link of a list, or the one before; at first to the one that is shown. */
export function focusNext(list: HTMLElement | null, by: 1 | -1): boolean {
  const links = [...(list?.querySelectorAll("a") ?? [])];
  const focused = links.findIndex((one) => one.matches(":focus"));
  const shown = links.findIndex((one) => one.ariaCurrent === "true");
  const now = focused >= 0 ? focused : shown;
  const next = now < 0 ? links[0] : links[now + by];
  next?.focus();
  return next !== undefined;
}
