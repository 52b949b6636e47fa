import type { components } from "parley-client";
import type { Category, Channel } from "../state.ts";

/** A row of the list in which channels are put into an order: a category, or a channel below it. */
export interface Row {
  readonly isCategory: boolean;
  readonly id: number;
}

interface Ordered {
  readonly items: readonly Pick<Channel, "id" | "category_id">[];
  readonly categories: readonly Pick<Category, "id">[];
}

/** The rows of a space: channels without a category, then each category with its channels. */
export function rowsOf({ items, categories }: Ordered): Row[] {
  const within = (category: number | null) =>
    items.filter((one) => one.category_id === category).map(({ id }) => ({ isCategory: false, id }));
  return [...within(null), ...categories.flatMap(({ id }) => [{ isCategory: true, id }, ...within(id)])];
}

/** What the server is told of an order. */
export function orderOf(rows: readonly Row[]): components["schemas"]["ChannelOrder"] {
  const [outside = [], ...inside] = blocksOf(rows);
  return {
    channel_ids: outside.map(({ id }) => id),
    categories: inside.map(([{ id } = { id: 0 }, ...channels]) => ({
      ...{ id, channel_ids: channels.map((channel) => channel.id) },
    })),
  };
}

/** The rows before the first category, and then those of each category, which is the first of them. */
export function blocksOf(rows: readonly Row[]): Row[][] {
  const blocks: Row[][] = [[]];
  for (const row of rows) {
    if (row.isCategory) blocks.push([]);
    blocks.at(-1)?.push(row);
  }
  return blocks;
}

/**
 * Moves a row by one place: a channel past a row, which may be a category, a category past another one.
 * @returns the rows as they were, if there is no such place
 */
export function moved(rows: readonly Row[], row: Row, by: 1 | -1): readonly Row[] {
  if (!row.isCategory) return swapped(rows, rows.indexOf(row), by, 0);
  const blocks = blocksOf(rows);
  const at = blocks.findIndex(([first]) => first === row);
  // What has no category comes first.
  return swapped(blocks, at, by, 1).flat();
}

function swapped<T>(all: readonly T[], at: number, by: 1 | -1, least: number): readonly T[] {
  const to = at + by;
  if (at < least || to < least || to >= all.length) return all;
  const next = [...all];
  next.splice(to, 0, ...next.splice(at, 1));
  return next;
}
