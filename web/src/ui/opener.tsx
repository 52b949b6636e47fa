import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import type { IconName } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";

/** What is open beside a button. */
export interface Opened {
  label: string;
  /** what has opened it, and gets the focus back */
  button: HTMLElement | null;
  /** it is closed by now */
  onClose: () => void;
}

/** A button that opens something beside it: its attributes, and whether it has. */
export function useOpener(popup: "menu" | "dialog") {
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  const [isOpen, setOpen] = useState(false);
  const attributes = {
    "aria-haspopup": popup,
    "aria-expanded": isOpen,
    // A press beside what is open closes it. What follows on its own button does not open it again.
    onPointerDown: () => {
      wasOpen.current = isOpen;
    },
    onClick: () => {
      // Until what it opens is loaded, keys are for nothing else.
      button.current?.focus();
      setOpen(!wasOpen.current);
      wasOpen.current = false;
    },
  };
  return { button, attributes, isOpen, onClose: () => setOpen(false) };
}

interface Props {
  icon?: IconName;
  label: string;
  popup?: "menu" | "dialog";
  disabled?: boolean;
  /** -1: Tab passes it over, as something else opens it */
  tabIndex?: number;
  /** whether there is something new in what it opens */
  isMarked?: boolean;
  /** what it opens: loaded at the first time, where it belongs to the first view */
  children: (opened: Opened) => ComponentChildren;
}

/** A button that opens something beside it. */
export function Opener({ icon = "more", label, popup = "menu", isMarked, children, ...rest }: Props) {
  const { button, attributes, isOpen, onClose } = useOpener(popup);
  return (
    <>
      <IconButton buttonRef={button} {...{ icon, label }} data-unread={isMarked} {...attributes} {...rest} />
      {isOpen && children({ label, button: button.current, onClose })}
    </>
  );
}
