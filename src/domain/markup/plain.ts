import { parseMarkup } from "./blocks.ts";
import { type Block, type Inline, markerOf } from "./tree.ts";

/** Stands for each spoiler in a text without styles. */
const HIDDEN = "▒▒▒";
/** Between the cells of a table. */
const CELLS = " · ";
const MAY_HAVE_MARKS = /[*_~|`>#[\\\t-]/;

/**
 * What a text shows, in one line: without its marks, with the words of links in place of their addresses.
 * Lists, quotes, pushes, notifications and screen readers have it. Spoilers stay hidden.
 * @param most so many code points at most; absent: all
 */
export function plainText(text: string, most?: number): string {
  const plain = MAY_HAVE_MARKS.test(text) ? parseMarkup(text).map(ofBlock).join(" ") : text;
  return [...plain.replace(/\s+/g, " ").trim()].slice(0, most).join("");
}

function ofBlock(block: Block): string {
  switch (block.type) {
    case "code":
      return block.text;
    case "list":
      return block.items.map((item) => `${markerOf(item)} ${ofLine(item.children)}`).join(" ");
    case "quote":
      return block.children.map(ofBlock).join(" ");
    case "table":
      return [block.head, ...block.rows].flat().map(ofLine).filter(Boolean).join(CELLS);
    case "rule":
      return "";
    default:
      return ofLine(block.children);
  }
}

function ofLine(children: readonly Inline[]): string {
  return children
    .map((node) => {
      if (node.type === "spoiler") return HIDDEN;
      return "children" in node ? ofLine(node.children) : node.text;
    })
    .join("");
}
