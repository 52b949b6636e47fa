import { type RefObject, useLayoutEffect } from "react";
import { hasKeyboard } from "../keys/index.ts";

/** The fields on the page, the one that was used last at the end. */
const fields = new Set<HTMLTextAreaElement>();

/**
 * Gives the field the focus when it is shown, but on phones, whose keyboard would cover the messages, and
 * whenever the user types where nothing else takes the letters. A field that is shown late leaves it where
 * the user types by then.
 */
export function useFocus(ref: RefObject<HTMLTextAreaElement | null>): void {
  useLayoutEffect(() => {
    const { current: field } = ref;
    if (!field) return;
    const use = () => {
      fields.delete(field);
      fields.add(field);
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if ([...fields].at(-1) === field && isForField(event)) field.focus();
    };
    use();
    if (hasKeyboard() && !document.activeElement?.matches("input, textarea")) field.focus();
    field.addEventListener("focus", use);
    document.addEventListener("keydown", onKeyDown);
    return () => {
      fields.delete(field);
      field.removeEventListener("focus", use);
      document.removeEventListener("keydown", onKeyDown);
    };
  }, [ref]);
}

/**
 * Whether a key is a letter that nothing on the page takes, or pastes something. The focus that it moves
 * brings it to the field.
 */
function isForField({ key, target, ctrlKey, metaKey, altKey, defaultPrevented }: KeyboardEvent): boolean {
  const isPaste = (ctrlKey || metaKey) && key.toLowerCase() === "v";
  if (defaultPrevented || (!isPaste && (ctrlKey || metaKey)) || altKey || [...key].length !== 1) return false;
  if (!(target instanceof HTMLElement) || target.isContentEditable) return false;
  if (target.closest("input, textarea, select, dialog, [popover], [role=menu]")) return false;
  if (document.querySelector("dialog[open], [popover]:popover-open")) return false;
  // A blank presses a button, follows no link, and scrolls.
  return key !== " ";
}
