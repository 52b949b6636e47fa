import { signal } from "@preact/signals";
import { type ComponentChildren, Fragment } from "preact";
import { useEffect } from "preact/hooks";

interface Shown {
  readonly id: number;
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
  shown.value = [...shown.value, { id, children: render(close) }];
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
      {shown.value.map(({ id, children }) => (
        <Fragment key={id}>{children}</Fragment>
      ))}
    </>
  );
}
