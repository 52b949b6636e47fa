import { parseInline } from "./inline.ts";
import { FENCE, HEADING, ITEM, LINE_END, partsOf, unquoted } from "./lines.ts";
import { alignsOf, cellsOf, isPiped } from "./tables.ts";
import type { Block, Cells, Inline, ListItem, NameReader } from "./tree.ts";

/** Lists within lists beyond this depth are one list. */
const MAX_LEVEL = 5;
const TAB = "    ";

/**
 * Parses the text of a message: paragraphs, code, quotes, lists, headings, tables, with what is in their
 * lines. Never throws, whatever the text is.
 * @param names what may stand behind an `@`: where several have a name, the first one decides
 */
export function parseMarkup(text: string, names: readonly NameReader[] = []): Block[] {
  return parseLines(text.split(LINE_END), 0, (part) => parseInline(part, names));
}

type Parse = (part: string) => Inline[];

function parseLines(all: readonly string[], depth: number, parse: Parse): Block[] {
  return partsOf(all, depth).flatMap(({ kind, from, to }): Block | Block[] => {
    const lines = all.slice(from, to);
    const [line = "", ...others] = lines;
    switch (kind) {
      case "code":
        return { type: kind, language: FENCE.exec(line)?.[1] ?? "", text: others.slice(0, -1).join("\n") };
      case "quote":
        return { type: kind, children: parseLines(unquoted(lines), depth + 1, parse) };
      case "heading": {
        const [mark = "", signs = ""] = HEADING.exec(line) ?? [];
        return { type: kind, level: signs.length, children: parse(line.slice(mark.length)) };
      }
      case "rule":
        return { type: kind };
      case "list":
        return { type: kind, items: itemsOf(lines, parse) };
      case "table":
        return { type: kind, ...tableOf(lines, parse) };
      default: {
        const text = lines.join("\n").replace(/^\n+/, "").trimEnd();
        return text.trim() ? { type: "paragraph", children: parse(text) } : [];
      }
    }
  });
}

/** The items of a list. One that stands two blanks further in than another is below it. */
function itemsOf(lines: readonly string[], parse: Parse): ListItem[] {
  const indents: number[] = [];
  return lines.map((line) => {
    const [before = "", indent = "", marker = "", box] = ITEM.exec(line) ?? [];
    const { length } = indent.replaceAll("\t", TAB);
    while (length < (indents.at(-1) ?? 0)) indents.pop();
    if (length > (indents.at(-1) ?? -2) + 1) indents.push(length);
    return {
      ...{ marker, level: Math.min(indents.length, MAX_LEVEL), children: parse(line.slice(before.length)) },
      ...(box && { isDone: box !== " " }),
    };
  });
}

function tableOf([first = "", second = "", ...others]: readonly string[], parse: Parse): Cells {
  if (!isPiped(first, second)) {
    const rows = [first, second, ...others].map((line) => line.split("\t").map((cell) => parse(cell.trim())));
    return { aligns: [], head: [], rows };
  }
  const aligns = alignsOf(second);
  const cellsIn = (row: string) =>
    cellsOf(row, aligns.length).map((cell) => parse(cell.trim().replaceAll("\\|", "|")));
  return { aligns, head: cellsIn(first), rows: others.map(cellsIn) };
}
