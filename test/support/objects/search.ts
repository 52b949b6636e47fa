import { z } from "zod";

/** The index's code for a code point. */
export function indexCode(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(36).padStart(4, "0");
}

/** The bigrams of a folded text: every code point with the next one, and the last alone. */
export function tokensOf(text: string): string[] {
  const codes = Array.from(text, indexCode);
  return codes.map((code, i) => code + (codes[i + 1] ?? ""));
}

/** The token in place of a removed text. */
const NOBODY = "zzzz";

const Terms = z.array(z.object({ term: z.string() }));

/** Every token of a message in the index, sorted. */
export function indexTokens({ sql }: DurableObjectStorage): string[] {
  sql.exec("CREATE VIRTUAL TABLE IF NOT EXISTS test_terms USING fts5vocab(words, row)");
  const terms = Terms.parse(sql.exec("SELECT term FROM test_terms ORDER BY term").toArray());
  return terms.map(({ term }) => term).filter((term) => term !== NOBODY);
}

/** Prefixes in the index's pages that belong to no token of a message. */
export function indexLeftovers(storage: DurableObjectStorage): string[] {
  const tokens = [...indexTokens(storage), NOBODY];
  const query = "SELECT DISTINCT CAST(term AS TEXT) AS term FROM words_idx WHERE length(term) > 1";
  const marks = Terms.parse(storage.sql.exec(query).toArray()).map(({ term }) => term.slice(1));
  return marks.filter((mark) => !tokens.some((token) => token.startsWith(mark)));
}
