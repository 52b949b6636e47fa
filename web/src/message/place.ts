import { createContext } from "preact";
import { useContext } from "preact/hooks";

const context = createContext(0);

/** Says of the rows inside of it which thread they are shown in, by its root; 0: none. */
export const ThreadProvider = context.Provider;

/** The root of the thread that a row is shown in; 0: it is in the conversation itself. */
export function useThreadHere(): number {
  return useContext(context);
}
