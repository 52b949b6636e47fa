import { useLayoutEffect, useRef } from "preact/hooks";
import { isComposing } from "../lib/keyboard.ts";

/** Something that staff does, by a button or its key. */
export interface StaffAction {
  /** a letter */
  readonly key: string;
  readonly label: string;
  readonly isDanger?: boolean;
  readonly run: () => void;
}

/** Whether a key is for the page: nobody types, no dialog is open, and no other key is held. */
function isForPage(event: KeyboardEvent): boolean {
  const { target, altKey, ctrlKey, metaKey } = event;
  if (isComposing(event) || altKey || ctrlKey || metaKey || event.defaultPrevented) return false;
  if (target instanceof Element && target.matches("input, textarea, select, [contenteditable]")) return false;
  return !document.querySelector("dialog[open], [popover]:popover-open");
}

/** Listens to the keys of the page. @param press does what a key asks for; returns whether it has done so */
export function useKeys(press: (event: KeyboardEvent) => boolean): void {
  const latest = useRef(press);
  latest.current = press;
  // At once: until the next frame the keys would decide about what was shown before.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (isForPage(event) && latest.current(event)) event.preventDefault();
    };
    // Before the keys of the whole page, of which Escape leads to the list of conversations.
    const options = { capture: true };
    addEventListener("keydown", onKeyDown, options);
    return () => removeEventListener("keydown", onKeyDown, options);
  }, []);
}

/** Buttons with their keys beside them. */
export function StaffActions({ actions }: { actions: readonly StaffAction[] }) {
  useKeys(({ key, repeat }) => {
    const action = actions.find((one) => one.key === key.toLowerCase());
    if (!action || repeat) return false;
    action.run();
    return true;
  });
  return (
    <div class="actions">
      {actions.map(({ key, label, isDanger, run }) => (
        <button
          key={key}
          type="button"
          class="secondary"
          data-danger={isDanger}
          aria-keyshortcuts={key}
          onClick={run}
        >
          {label}
          <kbd>{key.toUpperCase()}</kbd>
        </button>
      ))}
    </div>
  );
}
