import { parseInline } from "./inline.ts";
import type { Block, ListItem, NameReader } from "./tree.ts";

/** Quotes within quotes beyond this depth are text. */
export const MAX_QUOTE_DEPTH = 4;

/** What begins and ends the blocks of a text, by its lines. */
export const LINE_END = /\r\n?|\n/;
export const FENCE = /^ {0,3}```[ \t]*(?:([\w+#.-]{1,30})[ \t]*)?$/;
export const FENCE_END = /^ {0,3}```[ \t]*$/;
export const QUOTE = /^ {0,3}>[ \t]?/;
export const ITEM = /^[ \t]{0,8}([-*]|\d{1,9}[.)])[ \t]+(?=\S)/;

/**
 * Parses the text of a message: paragraphs, code, quotes and lists, with what is in their lines. Never
 * throws, whatever the text is.
 * @param names what may stand behind an `@`: where several have a name, the first one decides
 */
export function parseMarkup(text: string, names: readonly NameReader[] = []): Block[] {
  return parseLines(text.split(LINE_END), names, 0);
}

function parseLines(lines: readonly string[], names: readonly NameReader[], depth: number): Block[] {
  const blocks: Block[] = [];
  const lastEnd = lines.findLastIndex((line) => FENCE_END.test(line));
  let paragraph: string[] = [];
  const endParagraph = () => {
    const text = paragraph.join("\n").replace(/^\n+/, "").trimEnd();
    if (text.trim()) blocks.push({ type: "paragraph", children: parseInline(text, names) });
    paragraph = [];
  };
  let i = 0;
  const add = (block: Block, end: number) => {
    endParagraph();
    blocks.push(block);
    i = end;
  };
  while (i < lines.length) {
    const line = lines[i] ?? "";
    const fence = i < lastEnd && FENCE.exec(line);
    if (fence) {
      let end = i + 1;
      while (!FENCE_END.test(lines[end] ?? "")) end++;
      add({ type: "code", language: fence[1] ?? "", text: lines.slice(i + 1, end).join("\n") }, end + 1);
    } else if (depth < MAX_QUOTE_DEPTH && QUOTE.test(line)) {
      const end = endOf(lines, i, QUOTE);
      const inside = lines.slice(i, end).map((one) => one.replace(QUOTE, ""));
      add({ type: "quote", children: parseLines(inside, names, depth + 1) }, end);
    } else if (ITEM.test(line)) {
      const end = endOf(lines, i, ITEM);
      add({ type: "list", items: lines.slice(i, end).map((one) => parseItem(one, names)) }, end);
    } else {
      paragraph.push(line);
      i++;
    }
  }
  endParagraph();
  return blocks;
}

/** Of each line, whether it is of a block of code, or a fence of one. */
export function areCode(lines: readonly string[], depth = 0): boolean[] {
  const lastEnd = lines.findLastIndex((line) => FENCE_END.test(line));
  const are: boolean[] = [];
  while (are.length < lines.length) {
    const i = are.length;
    const line = lines[i] ?? "";
    if (i < lastEnd && FENCE.test(line)) {
      let end = i + 1;
      while (!FENCE_END.test(lines[end] ?? "")) end++;
      for (let at = i; at <= end; at++) are.push(true);
    } else if (depth < MAX_QUOTE_DEPTH && QUOTE.test(line)) {
      const inside = lines.slice(i, endOf(lines, i, QUOTE)).map((one) => one.replace(QUOTE, ""));
      are.push(...areCode(inside, depth + 1));
    } else {
      are.push(false);
    }
  }
  return are;
}

/** The line behind those from one on that are of its kind. */
function endOf(lines: readonly string[], from: number, kind: RegExp): number {
  let end = from;
  while (kind.test(lines[end] ?? "")) end++;
  return end;
}

function parseItem(line: string, names: readonly NameReader[]): ListItem {
  const [before = "", marker = ""] = ITEM.exec(line) ?? [];
  return { marker, children: parseInline(line.slice(before.length), names) };
}
