/** A part of a line. */
export type Inline =
  | { readonly type: "text" | "code"; readonly text: string }
  | { readonly type: Styled; readonly children: readonly Inline[] }
  | { readonly type: "link"; readonly href: string; readonly children: readonly Inline[] }
  /** `id`: the user who is named; 0: everybody */
  | { readonly type: "mention"; readonly id: number; readonly text: string };

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

/** A name that may stand behind an `@`. */
export interface Mentioned {
  /** the user; 0: everybody */
  readonly id: number;
  readonly name: string;
}
