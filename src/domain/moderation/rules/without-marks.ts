import type { TextView } from "./text-view.ts";

/** What may style a text in our Markdown, or make a link of it. */
const HAS_MARKS = /[*_~|`\\]|\]\(/;
/** What stands as it is behind a backslash. */
const ESCAPABLE = /^[*_~|`[\]\\@>#-]$/;
/** Between two of these a single sign is none of a style. */
const WORD: Readonly<Record<string, RegExp>> = { _: /[\p{L}\p{N}]/u, "*": /[a-z0-9]/i };
/** A longer address is none of a link. */
const MAX_ADDRESS = 2_000;

/**
 * A text as its readers see it: without the marks that style it, and with the words of links in place of
 * their addresses. null: it has none. A sign that could be a mark is dropped if the text has it at least
 * twice: a reader of `b**a**d` sees one word, and one of `2*3` an asterisk. The time is linear.
 */
export function withoutMarks(view: TextView): TextView | null {
  const { original, chars, starts, ends } = view;
  if (!HAS_MARKS.test(chars.join(""))) return null;
  const dropped = new Set<number>();
  /** For each sign, how many runs of it may be marks, and their places. */
  const runs = new Map([..."*_`~|"].map((sign) => [sign, { count: 0, places: [] as number[] }]));
  let brackets: number[] = [];
  /** Up to here no address ends. */
  let isOpenUntil = 0;
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? "";
    if (char === "\\" && ESCAPABLE.test(chars[at + 1] ?? "")) dropped.add(at++);
    else if ("*_`".includes(char) || (char === chars[at + 1] && "~|".includes(char))) {
      const run = [at];
      while (chars[at + 1] === char) run.push(++at);
      const found = runs.get(char);
      if (!found || !isStyle(chars, run)) continue;
      found.count++;
      for (const place of run) found.places.push(place);
    } else if (char === "[") brackets.push(at);
    else if (char === "]" && chars[at + 1] === "(" && at >= isOpenUntil) {
      const from = brackets.pop();
      let end = at + 2;
      while (end < chars.length && end - at <= MAX_ADDRESS && !/[\s()<>]/.test(chars[end] ?? "")) end++;
      if (from === undefined || chars[end] !== ")") isOpenUntil = end;
      else {
        dropped.add(from);
        for (let place = at; place <= end; place++) dropped.add(place);
        at = end;
      }
    } else if (char === "]") brackets.pop();
    else if (char === "\n") brackets = [];
  }
  for (const { count, places } of runs.values())
    if (count > 1) for (const place of places) dropped.add(place);
  if (dropped.size === 0) return null;
  const kept = <Item>(items: readonly Item[]) => items.filter((_, at) => !dropped.has(at));
  return { original, chars: kept(chars), starts: kept(starts), ends: kept(ends) };
}

/** Whether a run of signs may begin or end a style. */
function isStyle(chars: readonly string[], run: readonly number[]): boolean {
  const [first = 0] = run;
  const word = WORD[chars[first] ?? ""];
  if (!word || run.length > 1) return chars[first] !== "_" || run.length === 1;
  return !(word.test(chars[first - 1] ?? " ") && word.test(chars[first + 1] ?? " "));
}
