const pressed = new Set<number>();

addEventListener("pointerdown", ({ pointerId }) => pressed.add(pointerId), true);
addEventListener("pointerup", ({ pointerId }) => pressed.delete(pointerId), true);
addEventListener("pointercancel", ({ pointerId }) => pressed.delete(pointerId), true);

/**
 * Opens something once no pointer is held down. The browser closes what is open beside the pointer when the
 * button is released, and asks for the menu before on macOS, Linux and Android:
 * https://html.spec.whatwg.org/multipage/popover.html#popover-light-dismiss
 */
export function whenReleased(open: () => void): void {
  if (pressed.size === 0) {
    open();
    return;
  }
  const ending = new AbortController();
  const end = () => {
    ending.abort();
    // The browser closes what is open after the event.
    setTimeout(open);
  };
  addEventListener("pointerup", end, { signal: ending.signal });
  // The browser takes a finger over that moves on to scroll.
  addEventListener("pointercancel", end, { signal: ending.signal });
}
