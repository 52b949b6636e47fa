/** The number of characters in use. The first are by far the most common. */
const CHARACTERS = 3_500;
const FIRST = 0x4e00;

/** A pseudo-random generator with the same numbers at each run (mulberry32). */
let state = 20_261_120;
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** Cumulated shares of the characters by rank, after Zipf and Mandelbrot: the first has about 4 %. */
const SUMS: number[] = [];
for (let rank = 0; rank < CHARACTERS; rank++) SUMS.push((SUMS[rank - 1] ?? 0) + (rank + 8) ** -1.15);

/** The character of a rank. 0 is the most common. */
export function characterOf(rank: number): string {
  return String.fromCodePoint(FIRST + rank);
}

function character(): string {
  const wanted = random() * (SUMS[CHARACTERS - 1] ?? 0);
  let [low, high] = [0, CHARACTERS - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((SUMS[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return characterOf(low);
}

/** Words of two characters, which are adjacent more often than by chance. The first is the most common. */
export const COMMON_WORDS: readonly string[] = Array.from({ length: 800 }, () => character() + character());

/** A message of 6 to 35 characters. A quarter of its steps is a common word. */
export function chinese(): string {
  const length = 6 + Math.floor(random() * 30);
  let text = "";
  while (text.length < length) {
    text += random() < 0.25 ? COMMON_WORDS[Math.floor(random() ** 2 * COMMON_WORDS.length)] : character();
  }
  return text.slice(0, length);
}
