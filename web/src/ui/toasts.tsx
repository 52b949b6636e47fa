import { signal } from "@preact/signals";

/** How long a toast stays, in ms. */
const SHOWN = 6_000;

interface Toast {
  readonly id: number;
  readonly text: string;
}

const toasts = signal<readonly Toast[]>([]);
let count = 0;

/** Tells the user something for some seconds, without taking the focus. */
export function toast(text: string): void {
  const id = ++count;
  toasts.value = [...toasts.value, { id, text }];
  setTimeout(() => {
    toasts.value = toasts.value.filter((one) => one.id !== id);
  }, SHOWN);
}

/** Where toasts stand. A page has it once. */
export function Toasts() {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}
