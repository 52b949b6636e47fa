import { plain } from "../../../lib/markup.ts";
import { codeLines } from "../kept.ts";

const STYLES = ["bold", "italic", "strike"] as const;
type Style = (typeof STYLES)[number];
const SIGNS: Readonly<Record<Style, string>> = { bold: "**", italic: "_", strike: "~~" };

/** A part of a line, with all of its styles. */
export interface StyledPart {
  /** as it is shown in our Markdown; absent: `text` */
  shown?: string;
  text: string;
  styles: ReadonlySet<string>;
}

const LETTER_BEFORE = /[\p{L}\p{N}]$/u;
const LETTER_BEHIND = /^[\p{L}\p{N}]/u;

/**
 * The parts of a line in our Markdown. Marks stand around neighbours that share a style, as two marks beside
 * each other are none, and blanks outside of them.
 */
export function styledLine(given: readonly StyledPart[]): string {
  const parts = withCode(given);
  let line = "";
  let blanks = "";
  let open: Style[] = [];
  for (const [i, part] of parts.entries()) {
    const shown = part.shown ?? plain(part.text);
    const core = shown.trim();
    const at = shown.indexOf(core);
    blanks += core === "" ? shown : shown.slice(0, at);
    if (core === "") continue;
    // Within a word `_` is no mark.
    const isInWord =
      (blanks === "" && LETTER_BEFORE.test(line) && LETTER_BEHIND.test(core)) ||
      (LETTER_BEFORE.test(core) && LETTER_BEHIND.test(parts[i + 1]?.text ?? ""));
    const wanted = STYLES.filter(
      (style) => part.styles.has(style) && (style !== "italic" || !isInWord || open.includes("italic")),
    );
    const same = wanted.findIndex((style, j) => open[j] !== style);
    const shared = same < 0 ? Math.min(wanted.length, open.length) : same;
    line +=
      closing(open.slice(shared)) +
      blanks +
      wanted
        .slice(shared)
        .map((style) => SIGNS[style])
        .join("");
    line += core;
    blanks = shown.slice(at + core.length);
    open = wanted;
  }
  return line + closing(open) + blanks;
}

const closing = (styles: readonly Style[]) =>
  styles
    .map((style) => SIGNS[style])
    .reverse()
    .join("");

/** Code beside code is one: two backticks beside each other would be another mark. */
function withCode(given: readonly StyledPart[]): StyledPart[] {
  const parts: StyledPart[] = [];
  for (const part of given) {
    const last = parts.at(-1);
    if (part.styles.has("code") && last?.styles.has("code"))
      parts[parts.length - 1] = { ...last, text: last.text + part.text };
    else parts.push(part);
  }
  return parts.map((part) => (part.styles.has("code") ? { ...part, shown: codeLines(part.text) } : part));
}
