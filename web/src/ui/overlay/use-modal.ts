import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/**
 * Opens a dialog over the page, as long as it is rendered. In the moment in which it goes, the focus goes
 * back: no key that is pressed next is lost.
 */
export function useModal(dialog: RefObject<HTMLDialogElement | null>): void {
  useLayoutEffect(() => {
    const { current } = dialog;
    current?.showModal();
    // A dialog that is removed while it is open leaves the focus nowhere.
    return () => current?.close();
  }, []);
}
