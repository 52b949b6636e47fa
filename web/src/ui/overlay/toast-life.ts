/**
 * Lets a toast stay for a time, and longer while somebody points at it. A click ends it, also on what it
 * offers, and so does Escape, unless something else takes it.
 */
export function live(toast: HTMLElement, ms: number, end: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ending = new AbortController();
  const finish = () => {
    clearTimeout(timer);
    ending.abort();
    end();
  };
  const rest = () => clearTimeout(timer);
  const go = () => {
    rest();
    timer = setTimeout(finish, ms);
  };
  for (const type of ["pointerenter", "focusin"]) toast.addEventListener(type, rest, ending);
  for (const type of ["pointerleave", "focusout"]) toast.addEventListener(type, go, ending);
  toast.addEventListener("click", finish, ending);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented || toast.nextElementSibling) return;
    // What lies over the page is closed first.
    if (document.querySelector(":modal, :popover-open")) return;
    event.preventDefault();
    finish();
  };
  addEventListener("keydown", onKeyDown, ending);
  go();
}
