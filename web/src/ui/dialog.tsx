import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { hasKeyboard } from "../lib/system/keyboard.ts";
import { IconButton } from "./icon-button.tsx";
import { useModal } from "./overlay/use-modal.ts";
import { useOverlay } from "./overlay/use-overlay.ts";

/** The fields that users type into. */
const FIELDS = "input:not([type=radio], [type=checkbox], [type=file]), textarea";

interface Props {
  title: string;
  /** the user wants it gone: by Escape, Back, a click beside it, or its button */
  onClose: () => void;
  children: ComponentChildren;
}

/**
 * A dialog over the page, open as long as it is rendered. The first field in it gets the focus, which goes
 * back in the end.
 */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useOverlay(onClose);
  useModal(dialog);
  useLayoutEffect(() => {
    // By itself a browser chooses the button that closes the dialog.
    if (hasKeyboard()) dialog.current?.querySelector<HTMLElement>(FIELDS)?.focus();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      closedby="any"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div class="dialog-content">
        <header class="bar">
          <h2 id={id}>{title}</h2>
          <IconButton icon="close" label={t("action.close")} onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
