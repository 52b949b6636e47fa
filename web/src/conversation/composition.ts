import { type Signal, signal } from "@preact/signals";
import { type Composition, type CompositionState, WRITE } from "parley-react/composer";

const compositions = new Map<string, Signal<Composition>>();

/**
 * What the field of a conversation is for. The actions of a message set it, and the composer follows.
 * @param thread the root of the thread whose field it is; absent: that of the conversation
 */
export function composition(id: number, thread = 0): Signal<Composition> {
  const key = `${id} ${thread}`;
  const known = compositions.get(key) ?? signal(WRITE);
  compositions.set(key, known);
  return known;
}

/** The same, as the field of `parley-react` has it. */
export function useCompositionOf(id: number, thread: number): CompositionState {
  const target = composition(id, thread);
  return {
    now: target.value,
    peek: () => target.peek(),
    set: (next) => {
      target.value = next;
    },
  };
}
