import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { menuKeys } from "../../lib/menu-keys.ts";
import type { Opened } from "../opener.tsx";
import { place } from "../place.ts";

interface Props extends Opened {
  /** its class beside `menu` */
  of?: string;
  /** which edge it has in common with its button, where there is room */
  edge?: "left" | "right";
  /** @param close closes it, and gives the focus back */
  children: (close: () => void) => ComponentChildren;
}

/** A menu beside its button, until something of it is chosen. Arrow keys move in it. */
export function MenuBox({ label, button, onClose, of = "", edge = "right", children }: Props) {
  const menu = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { current } = menu;
    if (!current || !button) return;
    current.showPopover();
    place(current, button.getBoundingClientRect(), edge);
    current.querySelector("button")?.focus();
  }, []);
  const close = () => menu.current?.hidePopover();
  return (
    <div
      ref={menu}
      class={`menu ${of}`}
      popover="auto"
      role="menu"
      aria-label={label}
      onKeyDown={(event) => menuKeys(event, menu.current, close)}
      // `toggle` comes later, and so after the next key.
      onBeforeToggle={({ newState }) => {
        if (newState === "open") return;
        const { activeElement: focused } = document;
        if (focused === document.body || menu.current?.contains(focused)) button?.focus();
        onClose();
      }}
    >
      {children(close)}
    </div>
  );
}
