import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { menuKeys } from "../lib/menu-keys.ts";
import type { IconName } from "./icon.tsx";
import { Icon } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";
import { place } from "./place.ts";

/** What a menu offers. */
export interface MenuItem {
  label: string;
  icon?: IconName;
  /** it takes something away that does not come back */
  isDanger?: boolean;
  /** the key that does the same */
  shortcut?: string;
  onSelect: () => void;
}

interface Props {
  label: string;
  icon?: IconName;
  items: readonly MenuItem[];
  /** -1: Tab passes its button over, as something else opens it */
  tabIndex?: number;
}

/** A button that opens a menu. Arrow keys move in it; the focus goes back to the button. */
export function Menu({ label, icon = "more", items, tabIndex = 0 }: Props) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);

  const close = () => menu.current?.hidePopover();
  useLayoutEffect(() => {
    if (isOpen) open(menu.current, button.current);
  }, [isOpen]);

  return (
    <>
      <IconButton
        buttonRef={button}
        icon={icon}
        label={label}
        tabIndex={tabIndex}
        aria-haspopup="menu"
        onClick={() => menu.current?.togglePopover()}
      />
      <div
        ref={menu}
        class="menu"
        popover="auto"
        role="menu"
        aria-label={label}
        onKeyDown={(event) => menuKeys(event, menu.current, close)}
        // A list has hundreds of menus, of which one is open. `toggle` comes later, and so after the next
        // key.
        onBeforeToggle={({ newState }) => {
          if (menu.current?.contains(document.activeElement)) button.current?.focus();
          setOpen(newState === "open");
        }}
      >
        {(isOpen ? items : []).map(({ label: text, icon: name, isDanger, shortcut, onSelect }) => (
          <button
            key={text}
            type="button"
            role="menuitem"
            data-danger={isDanger}
            onClick={() => {
              close();
              button.current?.focus();
              onSelect();
            }}
          >
            {name && <Icon name={name} />}
            {text}
            {shortcut && <kbd>{shortcut}</kbd>}
          </button>
        ))}
      </div>
    </>
  );
}

/** Puts a menu beside its button, and gives it the focus. */
function open(menu: HTMLElement | null, button: HTMLElement | null): void {
  if (!menu || !button) return;
  place(menu, button.getBoundingClientRect());
  menu.querySelector("button")?.focus();
}
