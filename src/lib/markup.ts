import { WINDOWS_PATH } from "./windows-path.ts";

/**
 * Where our Markdown would take a sign for a mark: `_` inside of words is none, nor is one `*` in a word or
 * between blanks, one `~` or `|`, a backslash before a letter.
 */
const MARKS =
  /`|\\(?=[*_~|`[\]\\@>#:-]|$)|(?<=\b[a-z]):(?=[_*~|`[])|\*{2,}|(?<![a-z0-9\s])\*|\*(?![a-z0-9\s])|(?<=\s)\*(?=\S)|(?<=\S)\*(?=\s)|~~|\|\||(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/giu;
/** The text may stand behind another: only a blank in it says that a path begins. */
const PATH = WINDOWS_PATH.source.replace("(?<!\\S)", "(?<=\\s)");
const PATHS_AND_MARKS = new RegExp(`(${PATH})|${MARKS.source}`, "giu");
/** A part of a line up to a bracket that closes. With `](` at its end each `[` in it would open a link. */
const UP_TO_CLOSING = /[^\]\n]+(?:\]\(?|\n|$)/g;
/** What would begin a quote, a list, a heading or a rule at the beginning of a line. */
const BEGINNINGS = /^([ \t]*)([>*-]|#(?=#{0,2}(?:[ \t]|$)))/gm;
/** The first pipe of what would make a table of the line before it. */
const SEPARATORS = /^([-: \t]*)\|(?=[-:| \t]*$)/gm;

/** A text as a text in our Markdown: none of its signs is a mark. */
export function plain(text: string): string {
  return text
    .replace(PATHS_AND_MARKS, (mark, path) => path ?? mark.replace(/./g, "\\$&"))
    .replace(UP_TO_CLOSING, (part) => (part.endsWith("(") ? part.replaceAll("[", "\\[") : part))
    .replace(SEPARATORS, "$1\\|")
    .replace(BEGINNINGS, "$1\\$2");
}

/** What begins or ends with a backtick, or would lose the blanks at its ends: it gets a blank at each end. */
const PADDED = /^`|`$|^ .* $/s;

/** Words as code in our Markdown, between a run of backticks that they do not have themselves. */
export function codeSpan(words: string): string {
  const runs = new Set((words.match(/`+/g) ?? []).map(({ length }) => length));
  let length = 1;
  while (runs.has(length)) length++;
  const mark = "`".repeat(length);
  const blank = PADDED.test(words) ? " " : "";
  return mark + blank + words + blank + mark;
}
