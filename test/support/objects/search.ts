import { z } from "zod";

/** The index's code for a code point. */
export function indexCode(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(36).padStart(4, "0");
}

/** The tokens of a folded text: its code points, and every one with the next. */
export function tokensOf(text: string): string[] {
  const codes = Array.from(text, indexCode);
  return [...new Set(codes.flatMap((code, i) => [code, code + (codes[i + 1] ?? "")]))];
}

/** The token of a segment without a text. */
const NOBODY = "zzzz";

const Terms = z.array(z.object({ term: z.string() }));

/** Every token of a message in the index, sorted. */
export function indexTokens({ sql }: DurableObjectStorage): string[] {
  const terms = Terms.parse(sql.exec("SELECT DISTINCT term FROM bigram_terms ORDER BY term").toArray());
  return terms.map(({ term }) => term).filter((term) => term !== NOBODY);
}

/** Prefixes in the index's pages that belong to no token of a message. */
export function indexLeftovers(storage: DurableObjectStorage): string[] {
  const tokens = [...indexTokens(storage), NOBODY];
  const query = "SELECT DISTINCT CAST(term AS TEXT) AS term FROM bigrams_idx WHERE length(term) > 1";
  const marks = Terms.parse(storage.sql.exec(query).toArray()).map(({ term }) => term.slice(1));
  return marks.filter((mark) => !tokens.some((token) => token.startsWith(mark)));
}

/** The former texts that objects keep until the index has lost them. */
export function staleTexts({ sql }: DurableObjectStorage): string[] {
  const rows = sql.exec("SELECT text FROM stale_texts ORDER BY seq").toArray();
  return z
    .array(z.object({ text: z.string() }))
    .parse(rows)
    .map(({ text }) => text);
}
