/** Whether the user has a keyboard, as far as a page can know. That of a screen would cover what is shown. */
export function hasKeyboard(): boolean {
  return matchMedia("(hover: hover) and (pointer: fine)").matches;
}
