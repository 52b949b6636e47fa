/** Lists come in pages of this many items, the longest that the server gives. */
const PAGE = 100;

/** One page of a list. */
interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** All items of a list, page by page; with `isLast` those up to the page with such an item. */
export async function allPages<T>(
  get: (query: { limit: number; cursor?: string }) => Promise<Page<T>>,
  isLast?: (item: T) => boolean,
): Promise<T[]> {
  const all: T[] = [];
  for (let query: { limit: number; cursor?: string } | undefined = { limit: PAGE }; query; ) {
    const { items, next_cursor: cursor }: Page<T> = await get(query);
    all.push(...items);
    query = cursor && !(isLast && items.some(isLast)) ? { ...query, cursor } : undefined;
  }
  return all;
}
