import { occurrences } from "./occurrences.ts";

/** How much of a long text is shown before the part that was searched for, in characters. */
const BEFORE = 40;
/** How much of a long text is shown in all, in characters. */
const MOST = 240;

/** The piece of a text that a search result shows. @param part what was searched for; empty: nothing */
export function excerpt(text: string, part: string): string {
  const at = occurrences(text, part)[0]?.from ?? 0;
  const start = at > MOST - BEFORE ? at - BEFORE : 0;
  const end = start + MOST;
  return (start > 0 ? "…" : "") + text.slice(start, end) + (end < text.length ? "…" : "");
}
