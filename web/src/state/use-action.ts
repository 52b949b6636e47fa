import { useState } from "preact/hooks";
import { reason } from "./problem.ts";

/** Something that a button or a form does. */
export interface Action<Args extends unknown[]> {
  /** Does it, unless it is under way. @returns whether it worked */
  run: (...args: Args) => Promise<boolean>;
  isBusy: boolean;
  /** why the last time did not work; empty: it did */
  problem: string;
}

/** Something that may fail. @param act what to do */
export function useAction<Args extends unknown[]>(act: (...args: Args) => Promise<unknown>): Action<Args> {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const run = async (...args: Args): Promise<boolean> => {
    if (isBusy) return false;
    setBusy(true);
    setProblem("");
    try {
      await act(...args);
      return true;
    } catch (error) {
      setProblem(reason(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, isBusy, problem };
}
