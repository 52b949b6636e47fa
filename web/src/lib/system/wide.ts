const wide = matchMedia("(width >= 64rem)");
const narrow = matchMedia("(width < 48rem)");

/** Whether a panel stands beside its conversation, and not in its place. The styles say the same. */
export function isWide(): boolean {
  return wide.matches;
}

/** Whether a conversation stands in the place of the list, and not beside it. The styles say the same. */
export function isNarrow(): boolean {
  return narrow.matches;
}
