import { Problem } from "parley-client";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useSignedIn } from "./context.ts";
import { reason } from "./problem.ts";

/** What got no answer from a server that answers others is asked for again after this time, in ms. */
const AGAIN = 3_000;

/**
 * Asks for something again that got no answer, once the page is connected again.
 * @param error why it did not come; undefined: it did, or has not yet
 */
export function useAgain(error: unknown, again: () => void): void {
  const chat = useSignedIn()?.chat;
  const latest = useRef(again);
  latest.current = again;
  useEffect(() => {
    if (!(error instanceof Problem && error.code === "no_answer")) return;
    const ask = () => (!chat || chat.state.connection === "live") && latest.current();
    const timer = setTimeout(ask, AGAIN);
    const end = chat?.subscribe(({ connection }) => connection, ask);
    return () => {
      clearTimeout(timer);
      end?.();
    };
  }, [chat, error]);
}

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
  useAgain(error, reload);
  return { value, error, problem: error === undefined ? "" : reason(error), reload };
}
