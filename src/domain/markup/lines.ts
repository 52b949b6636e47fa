import { tableEnd } from "./tables.ts";

/** Quotes within quotes beyond this depth are text. */
const MAX_QUOTE_DEPTH = 4;

export const LINE_END = /\r\n?|\n/;
export const FENCE = /^ {0,3}```[ \t]*(?:([\w+#.-]{1,30})[ \t]*)?$/;
const FENCE_END = /^ {0,3}```[ \t]*$/;
/** Behind its signs stands a blank: `>_<` is a face. */
const QUOTE = /^ {0,3}>(?=>*(?:[ \t]|$))[ \t]?/;
export const HEADING = /^ {0,3}(#{1,3})[ \t]+(?=\S)/;
const RULE = /^ {0,3}(?:-{3,}|\*{3,}|_{3,})[ \t]*$/;
/** The indent, the marker, and the box of what is to be done. */
export const ITEM = /^([ \t]{0,16})([-*]|\d{1,9}[.)])[ \t]+(?:\[([ xX])\][ \t]+)?(?=\S)/;
const FILLED = /\S/;

export type BlockKind = "code" | "quote" | "heading" | "rule" | "list" | "table" | "text";

/** The lines of one block, or of the text between two. `to`: the line behind them */
interface Part {
  readonly kind: BlockKind;
  readonly from: number;
  readonly to: number;
}

/** Which lines of a text are one block. All its lines are of a part. @param depth of the quotes around */
export function partsOf(lines: readonly string[], depth: number): Part[] {
  const lastFence = lines.findLastIndex((line) => FENCE_END.test(line));
  const first = lines.findIndex((line) => FILLED.test(line));
  const last = lines.findLastIndex((line) => FILLED.test(line));
  const runEnd = (from: number, pattern: RegExp) => {
    let to = from;
    while (pattern.test(lines[to] ?? "")) to++;
    return to;
  };
  const partAt = (from: number): [BlockKind, to: number] => {
    const line = lines[from] ?? "";
    if (from < lastFence && FENCE.test(line)) {
      let to = from + 1;
      while (!FENCE_END.test(lines[to] ?? "")) to++;
      return ["code", to + 1];
    }
    if (depth < MAX_QUOTE_DEPTH && QUOTE.test(line)) return ["quote", runEnd(from, QUOTE)];
    if (HEADING.test(line)) return ["heading", from + 1];
    // It stands between what it divides.
    if (from > first && from < last && RULE.test(line)) return ["rule", from + 1];
    if (ITEM.test(line)) return ["list", runEnd(from, ITEM)];
    const to = tableEnd(lines, from);
    return to > from ? ["table", to] : ["text", from + 1];
  };
  const parts: Part[] = [];
  for (let from = 0; from < lines.length; ) {
    const [kind, to] = partAt(from);
    const before = parts.at(-1);
    if (kind === "text" && before?.kind === "text") parts[parts.length - 1] = { ...before, to };
    else parts.push({ kind, from, to });
    from = to;
  }
  return parts;
}

/** The lines of a quote without its signs. */
export function unquoted(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(QUOTE, ""));
}

/** Of each line, whether it is of a block of code, or a fence of one. */
export function areCode(lines: readonly string[], depth = 0): boolean[] {
  return partsOf(lines, depth).flatMap(({ kind, from, to }) => {
    const part = lines.slice(from, to);
    return kind === "quote" ? areCode(unquoted(part), depth + 1) : part.map(() => kind === "code");
  });
}
