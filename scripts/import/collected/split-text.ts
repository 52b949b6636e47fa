import { LIMITS } from "../../../src/domain/limits.ts";
import { bytesOf, codePoints } from "../../../src/domain/text.ts";

/** Bytes of a body beside its text. */
const AROUND = 256;

/** A text as it can be stored: without U+0000 and halves of surrogate pairs. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "");
}

/** Cuts a text into pieces that each fit into a message, where lines or words end if possible. */
export function splitText(text: string): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (!fits(rest)) {
    let length = Math.min(rest.length, LIMITS.textLength);
    while (!fits(rest.slice(0, length))) length = Math.floor(length * 0.9);
    const cut = cutAt(rest, length);
    pieces.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  return [...pieces, rest];
}

function fits(text: string): boolean {
  // A code point has at most two units: the rest of a very long text is not counted for each piece.
  if (text.length > LIMITS.textLength * 2) return false;
  return codePoints(text) <= LIMITS.textLength && bytesOf(JSON.stringify(text)) <= LIMITS.bodyBytes - AROUND;
}

/** Where a line ends in the last quarter before `length`, else a word, else between two characters. */
function cutAt(text: string, length: number): number {
  const earliest = Math.floor(length * 0.75);
  for (const end of ["\n", " "]) {
    const at = text.lastIndexOf(end, length - 1);
    if (at >= earliest) return at + 1;
  }
  const isInPair = /[\uD800-\uDBFF]/.test(text[length - 1] ?? "");
  return isInPair ? length - 1 : length;
}
