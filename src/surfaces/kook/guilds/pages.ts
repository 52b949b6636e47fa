import type { Listing } from "../schemas.ts";

/** A numbered page of items that are all there. @param sort as the document shows it */
export function pageOf<Item>(items: readonly Item[], { page, page_size }: Listing, sort: object = {}) {
  const total = items.length;
  const begin = (page - 1) * page_size;
  return {
    items: items.slice(begin, begin + page_size),
    meta: { page, page_total: Math.ceil(total / page_size), page_size, total },
    sort,
  };
}
