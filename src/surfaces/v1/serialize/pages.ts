import type { Page } from "../../../domain/conversations/pagination.ts";

/** A page of a list as v1 shows it. */
export function serializePage<Item, Shown>(
  { items, nextCursor }: Page<Item>,
  serialize: (item: Item) => Shown,
): { items: Shown[]; next_cursor: string | null } {
  return { items: items.map((item) => serialize(item)), next_cursor: nextCursor };
}
