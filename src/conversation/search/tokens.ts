/**
 * The version of `comparisonForm` and `searchText`. Raise it when one of them changes its result for stored
 * messages, or when a runtime brings other Unicode tables. Indexes of another version are rebuilt.
 */
export const NORMALIZATION_VERSION = 2;

/** The characters of a token for one code point: four digits in base 36 hold every code point. */
const WIDTH = 4;
/** A token that no text has: no code point has its number. */
export const TOMBSTONE = "z".repeat(WIDTH);
/** Sorts after every character of a token. */
export const TOKEN_END = "{";

/**
 * The UTF-16 units of a query by which it is looked up, and by which two neighbouring pieces of a text
 * overlap: so much of any text is wholly in one piece. Hits are compared with the whole query.
 */
const LOOKED_UP = 32;
/** The maximum of tokens by which a query is looked up. */
const MAX_QUERY_TOKENS = 8;
/** The UTF-16 units between the beginnings of two pieces; more in a text of over 8,192 of them. */
const PIECE = 128;
/** The maximum of pieces of a text. */
export const MAX_PIECES = 64;

/**
 * Cuts a normalized text into pieces, which the index stores one by one: so much work is the least that a
 * turn of the indexer does.
 * @returns at most `MAX_PIECES`; none of an empty text
 */
export function piecesOf(text: string): string[] {
  const size = Math.max(PIECE, Math.ceil(text.length / MAX_PIECES));
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += size) {
    if (start > 0 && start + LOOKED_UP >= text.length) break;
    pieces.push(text.slice(behindPair(text, start), behindPair(text, start + size + LOOKED_UP)));
  }
  return pieces;
}

/** The place itself, or the next one if it is between the two units of a code point. */
function behindPair(text: string, at: number): number {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff ? at + 1 : at;
}

/** The tokens of a piece: its code points, and its pairs of neighbouring ones; each once. */
export function tokensOf(piece: string): string[] {
  const tokens = new Set<string>();
  let before = "";
  for (const char of piece) {
    const point = char.codePointAt(0) ?? 0;
    const code = ASCII_CODES[point] ?? codeOf(point);
    if (before !== "") tokens.add(before + code);
    tokens.add(code);
    before = code;
  }
  return [...tokens];
}

/**
 * The tokens by which a text is looked up, which every piece has that contains its beginning: the code point
 * of a text of one, else pairs that are spread over the text.
 */
export function queryTokens(text: string): string[] {
  const tokens = tokensOf(text.slice(0, behindPair(text, LOOKED_UP - 1)));
  if (tokens.length === 1 && !tokens.some(isPair)) return tokens;
  const pairs = tokens.filter(isPair);
  const count = Math.min(pairs.length, MAX_QUERY_TOKENS);
  return pairs.filter(
    (_, i) => Math.floor((i * count) / pairs.length) !== Math.floor(((i - 1) * count) / pairs.length),
  );
}

function isPair(token: string): boolean {
  return token.length > WIDTH;
}

function codeOf(point: number): string {
  return point.toString(36).padStart(WIDTH, "0");
}

/** The codes of ASCII characters, made once: for a Latin text that saves half of the time of its tokens. */
const ASCII_CODES = Array.from({ length: 128 }, (_, point) => codeOf(point));
