import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { reason } from "./problem.ts";

/** What a view loads when it is shown. */
export interface Loaded<T> {
  /** undefined: it is still loading, or could not be loaded */
  value: T | undefined;
  /** why it could not be loaded; empty: it could */
  problem: string;
  reload: () => void;
}

/** Loads something when the view is shown, and again when `key` changes. The newest load counts. */
export function useLoaded<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T; problem: string }>({ key, problem: "" });
  const latest = useRef(load);
  latest.current = load;
  const loads = useRef(0);
  const reload = useCallback(() => {
    const count = ++loads.current;
    latest.current().then(
      (value) => count === loads.current && setState({ key, value, problem: "" }),
      (error) => count === loads.current && setState({ key, problem: reason(error) }),
    );
  }, [key]);
  useEffect(() => {
    reload();
    return () => void loads.current++;
  }, [reload]);
  const isOfKey = state.key === key;
  return { value: isOfKey ? state.value : undefined, problem: isOfKey ? state.problem : "", reload };
}
