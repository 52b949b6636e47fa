import { comparisonForm } from "parley-react/text";
import { locale } from "../../i18n/i18n.ts";

/** An emoji, in the language on screen. */
export interface Emoji {
  readonly text: string;
  readonly label: string;
  /** what stands between colons in `:name:`, the usual one first */
  readonly names: readonly string[];
  /** what it is found by besides, as it is compared */
  readonly words: string;
  readonly hasTones: boolean;
}

/** The groups of emoji, in the order of the picker. */
export const GROUPS = [
  "smileys",
  "people",
  "animals",
  "food",
  "travel",
  "activities",
  "objects",
  "symbols",
  "flags",
] as const;

/** The code point before the modifiers of the five skin tones. */
const TONES = 0x1f3fa;

const loads = new Map<string, Promise<readonly (readonly Emoji[])[]>>();

/** Loads all emoji, by group, in the language on screen. */
export function loadEmoji(): Promise<readonly (readonly Emoji[])[]> {
  const language = locale.value;
  const known = loads.get(language) ?? load(language);
  loads.set(language, known);
  // The next who asks may have a connection.
  known.catch(() => loads.delete(language));
  return known;
}

async function load(language: "en" | "zh"): Promise<readonly (readonly Emoji[])[]> {
  const { default: groups } = await (language === "en" ? import("emoji:en") : import("emoji:zh"));
  return groups.map((group) =>
    group.map(([text, label, names, words, hasTones]) => ({
      ...{ text, label, names: names.split(" "), hasTones: hasTones === 1 },
      words: comparisonForm(`${label} ${words}`),
    })),
  );
}

/**
 * The emoji that a user looks for, those whose name begins with the words first.
 * @param limit the most to find
 */
export function findEmoji(groups: readonly (readonly Emoji[])[], query: string, limit: number): Emoji[] {
  const words = comparisonForm(query).replaceAll(":", "").trim();
  const name = words.replace(/\s+/g, "_");
  const ranked = groups.flat().flatMap((one) => {
    const rank = rankOf(one, words, name);
    return rank < Infinity ? [{ one, rank }] : [];
  });
  // The sort keeps the order of equals.
  return ranked
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ one }) => one);
}

function rankOf({ names, words, text }: Emoji, query: string, name: string): number {
  if (names.includes(name) || comparisonForm(text) === query) return 0;
  if (names.some((one) => one.startsWith(name))) return 1;
  if (names.some((one) => one.includes(`_${name}`))) return 2;
  if (` ${words}`.includes(` ${query}`)) return 3;
  return query.split(" ").every((word) => words.includes(word)) ? 4 : Infinity;
}

/** An emoji in a skin tone. @param tone 1 (light) to 5 (dark); 0: none */
export function toned({ text, hasTones }: Emoji, tone: number): string {
  if (!hasTones || tone === 0) return text;
  const [first = "", ...rest] = text;
  return first + String.fromCodePoint(TONES + tone) + rest.join("").replace(/^\uFE0F/, "");
}
