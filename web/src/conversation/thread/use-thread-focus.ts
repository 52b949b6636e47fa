import { focusOn, Roving } from "parley-react/timeline";
import type { RefObject } from "preact";
import { useLayoutEffect, useMemo } from "preact/hooks";
import { ThreadRows } from "./thread-rows.ts";

/**
 * The focus among the messages of a thread: Tab reaches one of them, and arrow keys lead to the others.
 * @param last the `seq` of the newest one, which Tab reaches at first
 * @returns what the box of the rows does
 */
export function useThreadFocus(box: RefObject<HTMLElement | null>, last: number) {
  const roving = useMemo(() => new Roving(), []);
  useLayoutEffect(() => (box.current ? roving.mount(box.current) : undefined), [roving, box]);
  useLayoutEffect(() => {
    if (!box.current) return;
    const rows = new ThreadRows(box.current);
    roving.rendered(rows);
    roving.follow(last, rows);
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (!box.current) return;
    const rows = new ThreadRows(box.current);
    const asked = roving.onKeyDown(event, rows);
    if (asked) focusOn(rows.rows.at(asked === "first" ? 0 : -1));
  };
  return { onKeyDown, onFocusIn: roving.onFocusIn, onFocusOut: roving.onFocusOut };
}
