import { Problem } from "parley-client";
import { useRef } from "preact/hooks";

/** How something is made of which the server would make another one if it was asked again. */
interface Making<Item, Made> {
  /** what is there before; undefined: not known, so it is looked for */
  readonly known: readonly Item[] | undefined;
  readonly list: () => Promise<readonly Item[]>;
  readonly idOf: (item: Item) => unknown;
  /** whether it is what the user makes now */
  readonly isIt: (item: Item) => boolean;
  readonly make: () => Promise<Made>;
  /** Goes on with what was made, as if its answer had come. */
  readonly adopt: (item: Item) => Promise<Made> | Made;
}

/**
 * Makes something once. After a call without an answer, what is there by then and was not before is taken for
 * what that call has made.
 */
export function useMaking<Item, Made>(): (making: Making<Item, Made>) => Promise<Made> {
  /** what was there before the first call without an answer */
  const before = useRef<ReadonlySet<unknown>>(undefined);
  return async ({ known, list, idOf, isIt, make, adopt }) => {
    const { current } = before;
    const made = current && (await list()).find((one) => !current.has(idOf(one)) && isIt(one));
    if (made !== undefined) return adopt(made);
    const there = current ?? new Set((known ?? (await list())).map(idOf));
    try {
      return await make();
    } catch (error) {
      if (error instanceof Problem && error.code === "no_answer") before.current = there;
      throw error;
    }
  };
}
