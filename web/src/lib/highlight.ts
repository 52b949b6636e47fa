/** How long the row stands out, in ms. */
const LENGTH = 2_400;

/** Makes a row stand out for a moment: the user was led to it. */
export function highlight(row: HTMLElement): void {
  row.dataset.highlighted = "true";
  setTimeout(() => delete row.dataset.highlighted, LENGTH);
}
