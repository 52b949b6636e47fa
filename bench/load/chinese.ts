/** How many characters are in use; the first are by far the most common. */
const CHARACTERS = 3_500;
const FIRST = 0x4e00;

/** A generator of the same numbers at each run (mulberry32). */
let state = 20_261_120;
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** Shares of the characters by rank, summed up: Zipf and Mandelbrot's law, the first has some 4 %. */
const SUMS: number[] = [];
for (let rank = 0; rank < CHARACTERS; rank++) SUMS.push((SUMS[rank - 1] ?? 0) + (rank + 8) ** -1.15);

/** The character of a rank, 0 the most common. */
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

/** Words of two characters, which stand side by side more often than chance would have it; the first most often. */
export const COMMON_WORDS: readonly string[] = Array.from({ length: 800 }, () => character() + character());

/** A message of 6 to 35 characters, a quarter of its steps a common word. */
export function chinese(): string {
  const length = 6 + Math.floor(random() * 30);
  let text = "";
  while (text.length < length) {
    text += random() < 0.25 ? COMMON_WORDS[Math.floor(random() ** 2 * COMMON_WORDS.length)] : character();
  }
  return text.slice(0, length);
}
