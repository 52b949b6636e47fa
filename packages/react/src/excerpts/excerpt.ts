import { graphemes } from "../text/graphemes.ts";
import { occurrences } from "./occurrences.ts";

/** How much of a long text is shown before the part that was searched for, in UTF-16 units. */
const BEFORE = 40;
/** How much of a long text is shown in all, in UTF-16 units. */
const MOST = 240;
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}]/u;

/**
 * The piece of a text that a search result shows. It begins and ends between two characters.
 * @param part what was searched for; empty: nothing
 */
export function excerpt(text: string, part: string): string {
  if (text.length <= MOST) return text;
  const at = occurrences(text, part)[0]?.from ?? 0;
  const begin = at > MOST - BEFORE ? at - BEFORE : 0;
  let start = 0;
  let end = 0;
  for (const { length } of graphemes(text)) {
    if (end <= begin) start = end;
    // One character is shown however many marks it has.
    else if (end + length > start + MOST) break;
    end += length;
  }
  const piece = text.slice(start, end);
  if (!VISIBLE.test(piece)) return text;
  return (start > 0 ? "…" : "") + piece + (end < text.length ? "…" : "");
}
