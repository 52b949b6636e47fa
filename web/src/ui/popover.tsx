import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { IconName } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";
import { place } from "./place.ts";

interface Props {
  icon: IconName;
  label: string;
  disabled?: boolean;
  /** what is shown while it is open. @param close closes it */
  children: (close: () => void) => ComponentChildren;
}

/** A button that opens something beside it, until Escape or a click elsewhere. The focus goes back to it. */
export function Popover({ icon, label, disabled = false, children }: Props) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { current: opened } = panel;
    if (!isOpen || !opened) return;
    const move = () => button.current && place(opened, button.current.getBoundingClientRect());
    move();
    // What is in it is loaded later, and makes it larger.
    const watch = new ResizeObserver(move);
    watch.observe(opened);
    return () => watch.disconnect();
  }, [isOpen]);
  return (
    <>
      <IconButton
        buttonRef={button}
        icon={icon}
        label={label}
        disabled={disabled}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        // By the attribute a click on the button of an open panel closes it once, and does not open it again.
        popovertarget={id}
      />
      <div
        ref={panel}
        id={id}
        class="popover"
        popover="auto"
        role="dialog"
        aria-label={label}
        // `toggle` comes later, and so after the next key.
        onBeforeToggle={({ newState }) => {
          const { activeElement: focused } = document;
          if (newState === "closed" && (focused === document.body || panel.current?.contains(focused)))
            button.current?.focus();
        }}
        onToggle={({ newState }) => setOpen(newState === "open")}
      >
        {isOpen && children(() => panel.current?.hidePopover())}
      </div>
    </>
  );
}
