import type { Message } from "parley-client";
import { useRef, useState } from "react";

/** What a field is for: a message, an answer that quotes one, or an edit of one. */
export type Composition =
  | { readonly mode: "write" }
  | { readonly mode: "reply"; readonly message: Message }
  | { readonly mode: "edit"; readonly message: Message };

/** The field is for a message of its own. */
export const WRITE: Composition = { mode: "write" };

/** What a field is for. The actions of messages set it, wherever the app keeps it. */
export interface CompositionState {
  readonly now: Composition;
  /** What it is by now: a component may have rendered before. */
  peek(): Composition;
  set(next: Composition): void;
}

/** Keeps what a field is for in a component. */
export function useComposition(): CompositionState {
  const [now, setNow] = useState(WRITE);
  const latest = useRef(now);
  return {
    now,
    peek: () => latest.current,
    set: (next) => {
      latest.current = next;
      setNow(next);
    },
  };
}
