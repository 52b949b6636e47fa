/** Of a long text so much is shown before what was searched for, in characters, */
const BEFORE = 40;
/** and so much in all. */
const MOST = 240;

/** What is shown of a text in which something was searched for. @param part what was; empty: nothing */
export function excerpt(text: string, part: string): string {
  const at = part ? text.toLowerCase().indexOf(part.toLowerCase()) : 0;
  const start = at > MOST - BEFORE ? at - BEFORE : 0;
  const end = start + MOST;
  return (start > 0 ? "…" : "") + text.slice(start, end) + (end < text.length ? "…" : "");
}
