import { signal } from "@preact/signals";

/** How long a toast stays, in ms. */
const SHOWN = 6_000;

/** Something that the user can do about what a toast says. */
interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action: ToastAction | undefined;
}

const toasts = signal<readonly Toast[]>([]);
let count = 0;

/**
 * Tells the user something for some seconds, without taking the focus.
 * @param action what they can do about it
 * @param ms how long it stays
 */
export function toast(text: string, action?: ToastAction, ms = SHOWN): void {
  const id = ++count;
  toasts.value = [...toasts.value, { id, text, action }];
  setTimeout(() => end(id), ms);
}

function end(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

/** Where toasts stand. A page has it once. */
export function Toasts() {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, text, action }) => (
        <p key={id}>
          {text}
          {action && (
            <button
              type="button"
              onClick={() => {
                end(id);
                action.run();
              }}
            >
              {action.label}
            </button>
          )}
        </p>
      ))}
    </div>
  );
}
