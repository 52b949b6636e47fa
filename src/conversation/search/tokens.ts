/** The characters of a token for one code point: four digits in base 36 hold every code point. */
const WIDTH = 4;
/** A token that no text has: no code point has its number. */
export const TOMBSTONE = "z".repeat(WIDTH);
/** Sorts after every character of a token. */
export const TOKEN_END = "{";

/**
 * The code points of a query by which it is looked up, and by which two neighbouring pieces of a text
 * overlap: so much of any text is wholly in one piece. Hits are compared with the whole query.
 */
const LOOKED_UP = 32;
/** The maximum of tokens by which a query is looked up. */
const MAX_QUERY_TOKENS = 8;
/** The code points between the beginnings of two pieces. Texts of over 8,192 have fewer, longer pieces. */
const PIECE = 128;
/** The maximum of pieces of a text. */
export const MAX_PIECES = 64;

/**
 * Cuts a normalized text into pieces, which the index stores one by one: so much work is the least that a
 * turn of the indexer does.
 * @returns at most `MAX_PIECES`; none of an empty text
 */
export function piecesOf(text: string): string[] {
  if (text === "") return [];
  if (text.length <= PIECE + LOOKED_UP) return [text];
  const points = Array.from(text);
  const size = Math.max(PIECE, Math.ceil(points.length / MAX_PIECES));
  const pieces: string[] = [];
  for (let start = 0; start === 0 || start + LOOKED_UP < points.length; start += size)
    pieces.push(points.slice(start, start + size + LOOKED_UP).join(""));
  return pieces;
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
  const beginning = Array.from(text).slice(0, LOOKED_UP);
  const tokens = tokensOf(beginning.join(""));
  if (beginning.length === 1) return tokens;
  const pairs = tokens.filter((token) => token.length > WIDTH);
  const count = Math.min(pairs.length, MAX_QUERY_TOKENS);
  return pairs.filter(
    (_, i) => Math.floor((i * count) / pairs.length) !== Math.floor(((i - 1) * count) / pairs.length),
  );
}

function codeOf(point: number): string {
  return point.toString(36).padStart(WIDTH, "0");
}

/** The codes of ASCII characters, made once: for a Latin text that saves half of the time of its tokens. */
const ASCII_CODES = Array.from({ length: 128 }, (_, point) => codeOf(point));
