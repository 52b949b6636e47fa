import type { Align } from "./tree.ts";

/** A line with more columns is text. */
const MAX_COLUMNS = 50;
/** What stands between the names of the columns and the rows, and says how the columns are aligned. */
const SEPARATOR = /^ {0,3}\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?[ \t]*)?$/;
/** What stands between two cells. */
const PIPE = /(?<!\\)\|/;
const SPOILER = /(?<!\\)\|\|/;

/** The line behind a table that begins at a line; the line itself: none begins there. */
export function tableEnd(lines: readonly string[], from: number): number {
  const [line = "", next = ""] = lines.slice(from, from + 2);
  const tabs = line.split("\t").length;
  const isTabbed = (one: string) => one.split("\t").length === tabs && mayBeRow(one);
  let to = from;
  if (isPiped(line, next)) {
    const columns = cellsOf(next).length;
    if (columns > MAX_COLUMNS || cellsOf(line).length !== columns) return from;
    to += 2;
    while (isRow(lines[to] ?? "")) to++;
  } else if (tabs > 1 && tabs <= MAX_COLUMNS && isTabbed(next) && !next.startsWith("\t")) {
    // Code begins with tabs. The corner of a table may be empty.
    while (isTabbed(lines[to] ?? "")) to++;
  }
  return to;
}

/** Whether a table begins as GitHub's Markdown has it. Else its cells stand between tabs. */
export function isPiped(line: string, next: string): boolean {
  return isRow(line) && SEPARATOR.test(next);
}

function isRow(line: string): boolean {
  return PIPE.test(line) && mayBeRow(line);
}

/** The cells of a row would show what a spoiler hides that goes through them. */
function mayBeRow(line: string): boolean {
  return !SPOILER.test(line);
}

/** The cells of a row between pipes. @param most so many: what is over stays in the last one */
export function cellsOf(row: string, most = MAX_COLUMNS + 1): string[] {
  const cells = row
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "")
    .split(PIPE);
  const last = cells.splice(most - 1).join("|");
  return last ? [...cells, last] : cells;
}

/** How the columns of a table are aligned. */
export function alignsOf(separator: string): Align[] {
  return cellsOf(separator).map((cell) => {
    const [begin, end] = [cell.trim().startsWith(":"), cell.trim().endsWith(":")];
    if (begin && end) return "center";
    return end ? "end" : begin ? "start" : "";
  });
}
