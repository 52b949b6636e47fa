import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { reason } from "./problem.ts";

/** What a view loads when it is shown. */
export interface Loaded<T> {
  /** what was loaded last; undefined: nothing yet */
  value: T | undefined;
  /** why the last load has failed; empty: it has not */
  problem: string;
  /** the same, as it was thrown */
  error: unknown;
  reload: () => void;
}

/**
 * Loads something when the view is shown, and again when `key` or `version` changes. The newest load counts.
 * Without another key, what was loaded stays until the next load has come, and when that fails.
 */
export function useLoaded<T>(key: string, load: () => Promise<T>, version: string | number = 0): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: unknown }>({ key });
  const latest = useRef(load);
  latest.current = load;
  const loads = useRef(0);
  const reload = useCallback(() => {
    const count = ++loads.current;
    latest.current().then(
      (value) => count === loads.current && setState({ key, value }),
      (error) =>
        count === loads.current && setState((former) => ({ ...(former.key === key && former), key, error })),
    );
  }, [key]);
  useEffect(() => {
    reload();
    return () => void loads.current++;
  }, [reload, version]);
  const { value, error } = state.key === key ? state : {};
  return { value, error, problem: error === undefined ? "" : reason(error), reload };
}
