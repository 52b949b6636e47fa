/**
 * Refuses files that are dropped beside the places for them: they would be opened in the place of the page.
 * @returns ends it
 */
export function refuseDrops(): () => void {
  const refuse = (event: DragEvent) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  };
  const ending = new AbortController();
  for (const type of ["dragover", "drop"] as const) addEventListener(type, refuse, ending);
  return () => ending.abort();
}
