import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { reason } from "./problem.ts";
import { useAgain } from "./use-loaded.ts";

interface Answer<T> {
  items: readonly T[];
  next_cursor: string | null;
}

/** Lists come in pages of this many items, the longest that the server gives. */
const PAGE = 100;

/** All items of a list, page by page; with `isLast` those up to the page with such an item. */
export async function allPages<T>(
  get: (query: { limit: number; cursor?: string }) => Promise<Answer<T>>,
  isLast: (item: T) => boolean = () => false,
): Promise<T[]> {
  const all: T[] = [];
  for (let query: { limit: number; cursor?: string } = { limit: PAGE }; ; ) {
    const { items, next_cursor: cursor } = await get(query);
    all.push(...items);
    if (!cursor || items.some(isLast)) return all;
    query = { ...query, cursor };
  }
}

interface State<T> {
  items?: readonly T[];
  next: string | null;
  /** why the last page did not come, and what asks for it again */
  failed?: { error: unknown; again: () => void };
}

const NOTHING = { next: null };

/** A list that comes in pages. */
export interface Pages<T> {
  /** undefined: the first page has not come yet */
  items: readonly T[] | undefined;
  hasMore: boolean;
  /** why the last page did not come; empty: it did */
  problem: string;
  /** Loads the next page. */
  more: () => void;
  /** Loads the list anew. */
  reload: () => void;
}

/**
 * A list that is loaded when its view is shown, and anew when `key` changes. The newest load counts.
 * @param get loads a page, the first without a cursor
 */
export function usePages<T>(get: (query: { cursor?: string }) => Promise<Answer<T>>, key = ""): Pages<T> {
  const [state, setState] = useState<State<T>>(NOTHING);
  const latest = useRef(get);
  latest.current = get;
  const loads = useRef(0);
  const load = useCallback((cursor?: string, before: readonly T[] = []) => {
    const count = ++loads.current;
    latest.current(cursor ? { cursor } : {}).then(
      ({ items, next_cursor: next }) =>
        count === loads.current && setState({ items: [...before, ...items], next }),
      (error) =>
        count === loads.current &&
        setState((former) => ({ ...former, failed: { error, again: () => load(cursor, before) } })),
    );
  }, []);
  useEffect(() => {
    setState(NOTHING);
    load();
    return () => void loads.current++;
  }, [load, key]);
  const { items, next, failed } = state;
  useAgain(failed?.error, () => failed?.again());
  return {
    ...{ items, hasMore: next !== null, problem: failed ? reason(failed.error) : "" },
    more: () => next && load(next, items),
    reload: () => load(),
  };
}
