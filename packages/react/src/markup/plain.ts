import { parseMarkup } from "./blocks.ts";
import type { Block, Inline } from "./tree.ts";

/** Stands for each spoiler in a text without styles. */
const HIDDEN = "▒▒▒";
const MAY_HAVE_MARKS = /[*_~|`>[\\-]/;

/** A text without its marks in one line, for lists, quotes and notifications. Spoilers stay hidden. */
export function plainText(text: string): string {
  const plain = MAY_HAVE_MARKS.test(text) ? parseMarkup(text).map(ofBlock).join(" ") : text;
  return plain.replace(/\s+/g, " ").trim();
}

function ofBlock(block: Block): string {
  switch (block.type) {
    case "code":
      return block.text;
    case "list":
      return block.items.map(({ marker, children }) => `${marker} ${ofLine(children)}`).join(" ");
    case "quote":
      return block.children.map(ofBlock).join(" ");
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
