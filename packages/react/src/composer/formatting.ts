import type { KeyPress } from "../timeline/roving.ts";

/** The marks that a key puts around what is selected, with Ctrl or ⌘. */
const MARKS: Readonly<Record<string, string>> = { b: "**", i: "*", e: "`" };
/** The same, with Shift besides. */
const SHIFT_MARKS: Readonly<Record<string, string>> = { x: "~~", s: "||" };

/** Puts a text in the place of a part of a field, so that the browser can undo it. */
export function insert(field: HTMLTextAreaElement, text: string, from: number, to: number): void {
  field.focus();
  field.setSelectionRange(from, to);
  // The only way that keeps the history of the field.
  if (document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, from, to, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Puts marks around what is selected, or takes them away. @returns whether the key has marks */
export function format(
  field: HTMLTextAreaElement,
  event: KeyPress & { readonly shiftKey: boolean },
): boolean {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return false;
  const mark = (event.shiftKey ? SHIFT_MARKS : MARKS)[event.key.toLowerCase()];
  if (mark === undefined) return false;
  event.preventDefault();
  const { selectionStart: from, selectionEnd: to, value } = field;
  const { length } = mark;
  const selected = value.slice(from, to);
  if (value.slice(from - length, from) === mark && value.slice(to, to + length) === mark) {
    insert(field, selected, from - length, to + length);
    field.setSelectionRange(from - length, to - length);
  } else {
    insert(field, mark + selected + mark, from, to);
    field.setSelectionRange(from + length, to + length);
  }
  return true;
}
