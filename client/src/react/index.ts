import { useSyncExternalStore } from "react";

/** Returns the value of a store, and renders again when the value changes. */
export function useStore<T>(subscribe: (changed: () => void) => () => void, value: () => T): T {
  return useSyncExternalStore(subscribe, value, value);
}
