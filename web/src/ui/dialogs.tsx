import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { Boundary } from "./missing/boundary.tsx";
import { toast } from "./toasts.tsx";

interface Shown {
  readonly id: number;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

const shown = signal<readonly Shown[]>([]);
let count = 0;

/**
 * Shows a dialog over the page, above those that are open. It stays when what has opened it goes.
 * @param render draws the dialog; `close` ends it
 */
export function showDialog(render: (close: () => void) => ComponentChildren): void {
  const id = ++count;
  const close = () => {
    shown.value = shown.value.filter((one) => one.id !== id);
  };
  shown.value = [...shown.value, { id, close, children: render(close) }];
}

/** Where dialogs stand. A page has it once. */
export function Dialogs() {
  // What one user has opened is not for the next one.
  useEffect(
    () => () => {
      shown.value = [];
    },
    [],
  );
  return (
    <>
      {shown.value.map(({ id, close, children }) => (
        <Boundary key={id} fallback={() => <NoDialog onClose={close} />}>
          {children}
        </Boundary>
      ))}
    </>
  );
}

/** A dialog that could not be drawn is closed. */
function NoDialog({ onClose }: { onClose: () => void }) {
  useEffect(() => {
    toast(t("problem.notShown"));
    onClose();
  }, []);
  return null;
}
