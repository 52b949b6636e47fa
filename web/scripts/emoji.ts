/**
 * The emoji of the picker, from `emojibase-data`: `import("emoji:en")` is a chunk of the names in English,
 * `import("emoji:zh")` one in Chinese. `web/src/ui/emoji/data.d.ts` has their type.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "esbuild";

/** Newer emoji than those of this version of Unicode are an empty box on many devices. */
const NEWEST = 15.1;
/** Skin tones and hair are no emoji of their own. */
const COMPONENTS = 2;

/** An emoji as `emojibase-data` has it. */
interface Source {
  emoji: string;
  hexcode: string;
  label: string;
  group?: number;
  order?: number;
  version: number;
  tags?: string[];
  skins?: { emoji: string; tone: number | number[] }[];
}

/** Makes the modules `emoji:en` and `emoji:zh`. */
export const emoji: Plugin = {
  name: "emoji",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^emoji:(en|zh)$/ }, ({ path }) => ({ path: path.slice(6), namespace: "emoji" }));
    onLoad({ filter: /./, namespace: "emoji" }, ({ path }) => ({ contents: module(path) }));
  },
};

function module(language: string): string {
  const all: Source[] = read(`${language}/data.json`);
  const github: Record<string, string | string[]> = read("en/shortcodes/github.json");
  const more: Record<string, string | string[]> = read("en/shortcodes/emojibase.json");
  const groups = new Map<number, unknown[]>();
  for (const one of all.toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))) {
    const { hexcode, label, group, version, tags = [] } = one;
    if (group === undefined || group === COMPONENTS || version > NEWEST) continue;
    const names = new Set([github[hexcode] ?? [], more[hexcode] ?? []].flat());
    const entry = [plain(one.emoji), label, [...names].join(" "), tags.join(" "), hasTones(one) ? 1 : 0];
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  return `export default ${JSON.stringify([...groups.values()])}`;
}

/** Whether a modifier behind the first code point makes each skin tone. */
function hasTones({ emoji: text, skins = [] }: Source): boolean {
  const [first = "", ...rest] = plain(text);
  const tail = rest.join("").replace(/^\uFE0F/, "");
  return [1, 2, 3, 4, 5].every((tone) => {
    const expected = first + String.fromCodePoint(0x1f3fa + tone) + tail;
    return skins.some((skin) => skin.tone === tone && plain(skin.emoji) === expected);
  });
}

/** An emoji as people type it: U+FE0F stands only behind what would be drawn as a letter without it. */
function plain(text: string): string {
  return text.replace(/(\p{Emoji_Presentation})\uFE0F/gu, "$1");
}

function read(path: string) {
  return JSON.parse(readFileSync(createRequire(import.meta.url).resolve(`emojibase-data/${path}`), "utf8"));
}
