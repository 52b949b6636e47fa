/** What a key is for, and whether there are any. */

/** A key as the browser tells of it, or React. */
interface Pressed {
  readonly keyCode: number;
  readonly isComposing?: boolean;
  readonly nativeEvent?: { readonly isComposing: boolean };
}

/**
 * Whether an input method takes a key, which then is none for the page. Safari ends a composition before the
 * key that has ended it, which its code alone tells.
 */
export function isComposing({ isComposing: isUnderWay, nativeEvent, keyCode }: Pressed): boolean {
  return isUnderWay || nativeEvent?.isComposing || keyCode === 229;
}

/** Whether the user has a keyboard, as far as a page can know. That of a screen would cover what is shown. */
export function hasKeyboard(): boolean {
  return matchMedia("(hover: hover) and (pointer: fine)").matches;
}
