import { useLayoutEffect, useRef } from "preact/hooks";
import { hasKeyboard } from "../../lib/system/keyboard.ts";
import type { Opened } from "../opener.tsx";
import { place } from "../place.ts";
import { EmojiPicker } from "./emoji-picker.tsx";

interface Props extends Opened {
  onPick: (emoji: string) => void;
}

/** All emoji beside a button, until one is chosen, Escape, or a click elsewhere. */
export function EmojiPanel({ label, button, onClose, onPick }: Props) {
  const panel = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { current } = panel;
    if (!current || !button) return;
    current.showPopover();
    // The picker has tried before it could be seen.
    if (hasKeyboard()) current.querySelector("input")?.focus();
    // The emoji are loaded later, and make it larger.
    const watch = new ResizeObserver(() => place(current, button.getBoundingClientRect()));
    watch.observe(current);
    return () => watch.disconnect();
  }, []);
  return (
    <div
      ref={panel}
      class="popover"
      popover="auto"
      role="dialog"
      aria-label={label}
      // `toggle` comes later, and so after the next key.
      onBeforeToggle={({ newState }) => {
        if (newState === "open") return;
        const { activeElement: focused } = document;
        if (focused === document.body || panel.current?.contains(focused)) button?.focus();
        onClose();
      }}
    >
      <EmojiPicker
        onPick={(emoji) => {
          panel.current?.hidePopover();
          onPick(emoji);
        }}
      />
    </div>
  );
}
