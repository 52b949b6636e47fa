import { signal } from "@preact/signals";

/**
 * Whether the device has a network, as far as the browser knows. The server may be out of reach all the
 * same.
 */
export const isOnline = signal(navigator.onLine);

for (const event of ["online", "offline"]) {
  addEventListener(event, () => {
    isOnline.value = navigator.onLine;
  });
}
