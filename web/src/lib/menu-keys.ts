const STEPS: Record<string, 1 | -1> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/** What the keys do in an open menu: arrows, Home and End move the focus, and Tab closes it. */
export function menuKeys(event: KeyboardEvent, menu: HTMLElement | null, close: () => void): void {
  const { key } = event;
  const items = [...(menu?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
  const now = items.findIndex((one) => one.matches(":focus"));
  const step = STEPS[key];
  if (key === "Tab") close();
  else if (key === "Home") items[0]?.focus();
  else if (key === "End" || (now < 0 && step === -1)) items.at(-1)?.focus();
  else if (step) items[(now + step + items.length) % items.length]?.focus();
  else return;
  event.preventDefault();
}
