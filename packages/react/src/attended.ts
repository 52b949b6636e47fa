/** Whether the user looks at this page: it is visible, and has the focus. */
export function isAttended(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** Calls back when the user comes to this page or leaves it. @returns ends it */
export function onAttention(listener: () => void): () => void {
  const end = new AbortController();
  const { signal } = end;
  document.addEventListener("visibilitychange", listener, { signal });
  addEventListener("focus", listener, { signal });
  addEventListener("blur", listener, { signal });
  return () => end.abort();
}
