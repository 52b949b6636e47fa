/** Puts a text where the user pastes it from; over plain http too. Rejects if the browser refuses. */
export async function copyText(text: string): Promise<void> {
  if ("clipboard" in navigator) return navigator.clipboard.writeText(text);
  let isTaken = false;
  const take = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    // A field would put its own choice there.
    event.stopImmediatePropagation();
    isTaken = event.clipboardData !== null;
  };
  addEventListener("copy", take, { capture: true, once: true });
  document.execCommand("copy");
  removeEventListener("copy", take, { capture: true });
  if (!isTaken) throw new DOMException("The browser copies nothing.", "NotAllowedError");
}
