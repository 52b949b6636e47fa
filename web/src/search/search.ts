import { effect, signal } from "@preact/signals";
import { isNarrow } from "../lib/system/wide.ts";
import { go, route } from "../state/router.ts";

/**
 * What the search is about, as it is written in its address: filters and words. Null: the list of
 * conversations stands in its place.
 */
export const search = signal<string | null>(null);

/** How often its field was asked for. */
export const wanted = signal(0);

/** The conversations that were on screen, the latest first. */
const seen: number[] = [];

effect(() => {
  const now = route.value;
  if (now.view === "search") search.value = now.query;
  else if (now.view === "home") search.value = null;
  else if (now.view === "conversation") seen.splice(0, seen.length, ...new Set([now.id, ...seen]));
});

/** The conversations that were on screen before the one of now. */
export function seenBefore(): readonly number[] {
  const now = route.peek();
  return now.view === "conversation" ? seen.slice(1) : seen;
}

/** Opens the search, and gives its field the focus. @param query filters and words; absent: as it is */
export function openSearch(query = search.peek() ?? ""): void {
  search.value = query;
  // Where the list stands in the place of a conversation, Back leads from the search to it.
  if (isNarrow()) go({ view: "search", query });
  wanted.value++;
}

/** Lets the address say what is searched for, where it does: the way back leads to it. */
export function noteAddress(): void {
  const { value: query } = search;
  const now = route.peek();
  if (now.view === "search" && query !== null && query !== now.query)
    go({ view: "search", query }, { replace: true });
}

/** Shows the list again. */
export function closeSearch(): void {
  search.value = null;
  if (route.peek().view === "search") go({ view: "home" }, { replace: true });
}
