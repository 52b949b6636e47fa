const wide = matchMedia("(width >= 64rem)");

/** Whether a panel stands beside its conversation, and not in its place. The styles say the same. */
export function isWide(): boolean {
  return wide.matches;
}
