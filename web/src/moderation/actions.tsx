import { useLayoutEffect, useRef } from "preact/hooks";
import { st } from "../i18n/staff.ts";
import { isComposing } from "../lib/system/keyboard.ts";
import type { IconName } from "../ui/icon.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { Menu } from "../ui/overlay/menu.tsx";

/** Something that staff does, by a button or its key. */
export interface StaffAction {
  /** a letter */
  readonly key: string;
  readonly label: string;
  /** what staff does first, as a rule */
  readonly isMain?: boolean;
  /** it takes something away, and stands in a menu */
  readonly isDanger?: boolean;
  /** shown in the place of the label */
  readonly icon?: IconName;
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

/** Buttons with their keys beside them, the first as the main one, and a menu of what is severe. */
export function StaffActions({ actions }: { actions: readonly StaffAction[] }) {
  useKeys(({ key, repeat }) => {
    const action = actions.find((one) => one.key === key.toLowerCase());
    if (!action || repeat) return false;
    action.run();
    return true;
  });
  const severe = actions.filter((one) => one.isDanger);
  return (
    <div class="actions">
      {actions
        .filter((one) => !one.isDanger)
        .map(({ key, label, isMain, icon, run }) =>
          icon ? (
            <IconButton key={key} {...{ icon, label }} aria-keyshortcuts={key} onClick={run} />
          ) : (
            <button
              key={key}
              type="button"
              class={isMain ? "primary" : "secondary"}
              aria-keyshortcuts={key}
              onClick={run}
            >
              {label}
              <kbd>{key.toUpperCase()}</kbd>
            </button>
          ),
        )}
      {severe.length > 0 && (
        <Menu
          label={st("act.severe")}
          items={severe.map(({ key, label, run }) => ({
            ...{ label, shortcut: key.toUpperCase() },
            ...{ isDanger: true, onSelect: run },
          }))}
        />
      )}
    </div>
  );
}
