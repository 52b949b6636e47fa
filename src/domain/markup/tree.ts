/** A part of a line. */
export type Inline =
  | { readonly type: "text" | "code"; readonly text: string }
  | { readonly type: Styled; readonly children: readonly Inline[] }
  | LinkNode
  /** `id`: the user who is named; 0: everybody */
  | { readonly type: "mention"; readonly id: number; readonly text: string };

/** A link. `host`: where it leads, if its label shows another address */
interface LinkNode {
  readonly type: "link";
  readonly href: string;
  readonly host?: string;
  readonly children: readonly Inline[];
}

/** What stands between two marks of one kind. */
export type Styled = "bold" | "italic" | "strike" | "spoiler";

/** One or more whole lines. */
export type Block =
  | { readonly type: "paragraph"; readonly children: readonly Inline[] }
  /** `level`: 1 to 3 */
  | { readonly type: "heading"; readonly level: number; readonly children: readonly Inline[] }
  | { readonly type: "quote"; readonly children: readonly Block[] }
  | { readonly type: "code"; readonly language: string; readonly text: string }
  | { readonly type: "list"; readonly items: readonly ListItem[] }
  | ({ readonly type: "table" } & Cells)
  | { readonly type: "rule" };

/** An item of a list. */
export interface ListItem {
  /** `-`, `*`, or a number with what follows it */
  readonly marker: string;
  /** 1: of the list itself; 2 to 5: below an item of the level before */
  readonly level: number;
  /** of what is to be done: whether it is; absent: it is no such item */
  readonly isDone?: boolean;
  readonly children: readonly Inline[];
}

/** The rows of a table. One may have fewer cells than the columns are. */
export interface Cells {
  readonly aligns: readonly Align[];
  /** the names of the columns; empty: they have none */
  readonly head: readonly (readonly Inline[])[];
  readonly rows: readonly (readonly (readonly Inline[])[])[];
}

/** How a column is aligned, in the direction of its text; empty: as its writer has not said. */
export type Align = "start" | "center" | "end" | "";

/** What may stand behind an `@`. */
export interface NameReader {
  /** Who is named at a place of a text. `id`: the user; 0: everybody. `to`: where the name ends */
  at(text: string, from: number): { readonly id: number; readonly to: number } | undefined;
}

/** All that the parts of a line say, without their styles. */
export function textOf(nodes: readonly Inline[]): string {
  return nodes.map((node) => ("children" in node ? textOf(node.children) : node.text)).join("");
}

/** The lines of text in blocks, in their order. Code has none. */
export function linesOf(blocks: readonly Block[]): (readonly Inline[])[] {
  return blocks.flatMap((block) => {
    if (block.type === "quote") return linesOf(block.children);
    if (block.type === "list") return block.items.map(({ children }) => children);
    if (block.type === "table") return [block.head, ...block.rows].flat();
    return "children" in block ? [block.children] : [];
  });
}

/** What stands before an item of a list. */
export function markerOf({ marker, isDone }: ListItem): string {
  return isDone === undefined ? marker : isDone ? "☑" : "☐";
}
