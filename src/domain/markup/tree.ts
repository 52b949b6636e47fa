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
  | { readonly type: "quote"; readonly children: readonly Block[] }
  | { readonly type: "code"; readonly language: string; readonly text: string }
  | { readonly type: "list"; readonly items: readonly ListItem[] };

/** An item of a list. `marker`: `-`, or a number with what follows it */
export interface ListItem {
  readonly marker: string;
  readonly children: readonly Inline[];
}

/** What may stand behind an `@`. */
export interface NameReader {
  /** Who is named at a place of a text. `id`: the user; 0: everybody. `to`: where the name ends */
  at(text: string, from: number): { readonly id: number; readonly to: number } | undefined;
}

/** All that the parts of a line say, without their styles. */
export function textOf(nodes: readonly Inline[]): string {
  return nodes.map((node) => ("children" in node ? textOf(node.children) : node.text)).join("");
}
