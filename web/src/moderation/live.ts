import { useCallback, useEffect, useRef } from "preact/hooks";
import { type Pages, usePages } from "../state/use-pages.ts";
import { useReload } from "../state/use-reload.ts";

/** Something is loaded anew once in this time, in ms, whatever comes meanwhile. */
const PAUSE = 2_000;
/** A page is what a screen or two show. */
const PAGE = 50;
/** The longest page that the server gives. */
const MAX_PAGE = 100;

/**
 * Loads something anew when the server says that reports or held messages have changed: at once, but not
 * again within the pause, and not while the page is hidden, as the audit log would have that staff looked.
 */
export function useNews(reload: () => void): void {
  const latest = useRef(reload);
  latest.current = reload;
  const isNews = useRef(false);
  const pause = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const look = useCallback(() => {
    if (!isNews.current || pause.current !== undefined || document.hidden) return;
    isNews.current = false;
    pause.current = setTimeout(() => {
      pause.current = undefined;
      look();
    }, PAUSE);
    latest.current();
  }, []);
  useReload(
    () => {
      isNews.current = true;
      look();
    },
    ({ type }) => type === "moderation",
  );
  useEffect(() => {
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      clearTimeout(pause.current);
    };
  }, [look]);
}

type Get<T> = (query: { limit: number; cursor?: string }) => Promise<{
  items: readonly T[];
  next_cursor: string | null;
}>;

/**
 * A list in pages that follows the news, with as many items as were loaded before.
 * @param get loads a page
 * @param key of another list
 */
export function useLivePages<T>(get: Get<T>, key: string): Pages<T> {
  const loaded = useRef(0);
  useEffect(() => {
    loaded.current = 0;
  }, [key]);
  const pages = usePages<T>(async ({ cursor }) => {
    if (cursor) return get({ cursor, limit: PAGE });
    const items: T[] = [];
    for (let query: { cursor?: string } = {}; ; ) {
      const limit = Math.min(MAX_PAGE, Math.max(PAGE, loaded.current - items.length));
      const page = await get({ ...query, limit });
      items.push(...page.items);
      const next = page.next_cursor;
      if (!next || items.length >= loaded.current) return { items, next_cursor: next };
      query = { cursor: next };
    }
  }, key);
  const count = pages.items?.length ?? 0;
  useEffect(() => {
    loaded.current = count;
  }, [count]);
  useNews(pages.reload);
  return pages;
}
