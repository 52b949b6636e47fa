import { z } from "zod";
import type { Work } from "./counted-work.ts";

/** A row of docs/work-of-calls.md: the most that something costs its object. */
export interface Bounds {
  most: Work;
  /** whether the work grows with something that no number bounds */
  grows: boolean;
}

const DOCUMENT = z.tuple([z.string()]).parse(
  Object.values(
    import.meta.glob("/docs/work-of-calls.md", {
      ...{ eager: true, query: "?raw", import: "default" },
    }),
  ),
)[0];

const Numeral = z.string().transform((digits) => Number(digits.replaceAll(",", "")));
/** The name, the worst input, rows read, rows written, bytes, what bounds it, what it grows with. */
const Cells = z.tuple([z.string(), z.string(), Numeral, Numeral, Numeral, z.string(), z.string()]);

/** The tables of the document, by the headings above them. */
const TABLES = new Map(
  DOCUMENT.split(/\n#+ /).map((part): [string, Map<string, Bounds>] => {
    const [heading = "", ...lines] = part.split("\n");
    const rows = lines.flatMap((line) => {
      if (!line.startsWith("| `")) return [];
      const cells = Cells.parse(line.slice("| ".length, -" |".length).split(" | "));
      const [name, , read, written, bytes, , grows] = cells;
      return [[name.slice(1, -1), { most: { read, written, bytes }, grows: grows !== "–" }] as const];
    });
    return [heading, new Map(rows)];
  }),
);

/** The names of the rows of a table, in the order of the document. */
export function namesIn(table: string): string[] {
  return [...(TABLES.get(table)?.keys() ?? [])];
}

/**
 * A row of a table.
 * @throws where the document has none
 */
export function boundsOf(table: string, name: string): Bounds {
  const bounds = TABLES.get(table)?.get(name);
  if (!bounds) throw new Error(`docs/work-of-calls.md has no row for ${name} below "${table}"`);
  return bounds;
}
