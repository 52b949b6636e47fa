import { settle } from "parley-react/timeline";
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";

/** A text with more characters, or more lines that say something, is folded. */
const MOST = { characters: 2_000, lines: 20 };

/** Whether a text is so long that those around it would be far away. */
export function isLong(text: string): boolean {
  return text.length > MOST.characters || (text.match(/^.*\S.*$/gm)?.length ?? 0) > MOST.lines;
}

/**
 * A long text, of which the beginning is shown until the user wants all of it. What they look at stays where
 * it is on screen: the beginning when it opens, the button when it closes.
 */
export function Folded({ children }: { children: ComponentChildren }) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const text = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  /** what stays, and where it was, in px of the page */
  const held = useRef<{ element: Element; top: number } | undefined>(undefined);

  const toggle = (element: Element | null | undefined) => {
    if (element) held.current = { element, top: element.getBoundingClientRect().top };
    setOpen(!isOpen);
  };
  useLayoutEffect(() => {
    const { element, top } = held.current ?? {};
    held.current = undefined;
    if (!element || top === undefined) return;
    const moved = element.getBoundingClientRect().top - top;
    const box = element.closest(".scroller, .thread-scroller");
    if (box) box.scrollTop += moved;
    settle(element);
  }, [isOpen]);
  return (
    <>
      <div
        ref={text}
        id={id}
        class="foldable"
        data-folded={!isOpen}
        // The focus or the browser's search has gone to a part that was not visible.
        onScroll={() => !isOpen && toggle(text.current?.firstElementChild)}
      >
        {children}
      </div>
      <button
        ref={button}
        type="button"
        class="link fold"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => toggle(isOpen ? button.current : text.current)}
      >
        {t(isOpen ? "message.fold" : "message.unfold")}
      </button>
    </>
  );
}
