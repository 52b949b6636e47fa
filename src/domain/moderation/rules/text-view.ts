/** A text in NFKC, and where its characters were before. */
export interface TextView {
  /** The code points of the text as it was sent. */
  original: string[];
  /** The code points of the text in NFKC. */
  chars: string[];
  /** For each of `chars`, the range of `original` that it comes from. */
  starts: number[];
  ends: number[];
}

/**
 * A character with the marks, vowels of Hangul and sound marks of kana that NFKC may join with it. At most
 * 30: a normalization takes a time that grows with the square of a run of marks, and no script writes more.
 */
const JOINED = "[\\p{M}\\u1160-\\u11FF\\u314F-\\u3163\\uD7B0-\\uD7FF\\uFF9E\\uFF9F\\uFFC2-\\uFFDC]";
const CLUSTER = new RegExp(`.${JOINED}{0,30}`, "gsu");
const IS_JOINED = new RegExp(JOINED, "u");
/** Single characters that stay as they are: ASCII and most of Han. */
const IS_NFKC = /^[\0-\x7f\u3400-\u9fff]$/;
const ASCII = /^[\0-\x7f]*$/;

/** Each cluster is normalized by itself, so that its place is known. The time is linear. */
export function viewOf(text: string): TextView {
  const original = [...text];
  if (ASCII.test(text)) {
    const starts = original.map((_, at) => at);
    return { original, chars: original, starts, ends: starts.map((at) => at + 1) };
  }
  const view: TextView = { original, chars: [], starts: [], ends: [] };
  let at = 0;
  const clusters = IS_JOINED.test(text) ? (text.match(CLUSTER) ?? []) : original;
  for (const cluster of clusters) {
    const start = at;
    for (const _ of cluster) at++;
    for (const char of IS_NFKC.test(cluster) ? cluster : cluster.normalize("NFKC")) {
      view.chars.push(char);
      view.starts.push(start);
      view.ends.push(at);
    }
  }
  return view;
}

/** Scripts that are written without spaces between words. */
export const WITHOUT_SPACES =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]/u;

export const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/**
 * Called for a match of a rule.
 * @param rule its index
 * @param from the first of `chars` that it matched
 * @param to the one behind the last
 */
export type OnMatch = (rule: number, from: number, to: number) => void;
