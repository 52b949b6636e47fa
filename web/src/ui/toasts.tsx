import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

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
  readonly ms: number;
}

const toasts = signal<readonly Toast[]>([]);
let count = 0;

/**
 * Tells the user something for some seconds, without taking the focus.
 * @param action what they can do about it
 * @param ms how long it stays, while nobody points at it
 */
export function toast(text: string, action?: ToastAction, ms = SHOWN): void {
  toasts.value = [...toasts.value, { id: ++count, text, action, ms }];
}

/** Where toasts stand. A page has it once. */
export function Toasts() {
  return (
    // Each is said once, and not again with the next one.
    <div class="toasts" role="status" aria-atomic={false}>
      {toasts.value.map((one) => (
        <Line key={one.id} shown={one} />
      ))}
    </div>
  );
}

function Line({ shown }: { shown: Toast }) {
  const { text, action, ms } = shown;
  const line = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const end = () => {
      toasts.value = toasts.value.filter((one) => one !== shown);
    };
    // Until the script is there, or for good.
    const timer = setTimeout(end, ms);
    import("./overlay/toast-life.ts").then(
      ({ live }) => {
        clearTimeout(timer);
        if (line.current) live(line.current, ms, end);
      },
      () => {},
    );
  }, []);
  return (
    <p ref={line}>
      {text}
      {action && (
        <button type="button" onClick={action.run}>
          {action.label}
        </button>
      )}
    </p>
  );
}
