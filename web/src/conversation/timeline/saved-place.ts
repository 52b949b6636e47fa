import type { Anchor } from "parley-react/timeline";

/** The place is saved once the scroll has rested for this time, in ms: browsers limit how often. */
const REST = 200;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Where the user was in the timeline when they left this entry of the browser's history. */
export function savedPlace(): Anchor | undefined {
  const { seq, offset } = Object(Object(history.state).place);
  return typeof seq === "number" && typeof offset === "number" ? { seq, offset } : undefined;
}

/** Saves a place with this entry of the browser's history, so that "back" leads to it. */
export function savePlace(place: Anchor | "end"): void {
  const { hash } = location;
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (location.hash !== hash) return;
    history.replaceState({ ...history.state, place: place === "end" ? null : place }, "");
  }, REST);
}

/** A place that is not saved yet belongs to an entry that was left. */
export function forgetPlace(): void {
  clearTimeout(timer);
}
