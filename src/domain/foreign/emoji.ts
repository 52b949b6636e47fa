import github from "emojibase-data/en/shortcodes/github.json" with { type: "json" };
import iamcal from "emojibase-data/en/shortcodes/iamcal.json" with { type: "json" };
import { ReactionKey } from "../messages/reactions.ts";

const NAME = /:([\w+-]+(?:::skin-tone-[2-6])?):/g;
/** Older names that clients know. */
const FURTHER: Readonly<Record<string, string>> = { simple_smile: "🙂" };

let known: ReadonlyMap<string, string> | undefined;

/**
 * The emoji of a name, as Slack and Mattermost have them: `tada`, `thumbsup::skin-tone-3`.
 * @returns undefined: it is one of the team's own
 */
export function emojiOf(name: string): string | undefined {
  known ??= load();
  const [base = "", tone] = name.toLowerCase().split("::skin-tone-");
  const emoji = Object.hasOwn(FURTHER, base) ? FURTHER[base] : known.get(base);
  if (emoji === undefined || tone === undefined) return emoji;
  const [first = "", ...rest] = emoji;
  // Skin tones are U+1F3FB to U+1F3FF, of the numbers 2 to 6. One stands in place of U+FE0F.
  const modifier = String.fromCodePoint(0x1f3f9 + Number(tone));
  const toned = first + modifier + rest.join("").replace(/^\uFE0F/, "");
  return ReactionKey.safeParse(toned).success ? toned : emoji;
}

/** Replaces the names of emoji in a text that is no code. */
export function withEmoji(text: string): string {
  return text.includes(":") ? text.replace(NAME, (all, name: string) => emojiOf(name) ?? all) : text;
}

function load(): ReadonlyMap<string, string> {
  const emoji = new Map<string, string>();
  const sets: Readonly<Record<string, string | string[]>>[] = [iamcal, github];
  // The first set has Slack's names, which are also Mattermost's; the second one some more.
  for (const set of sets)
    for (const [code, names] of Object.entries(set)) {
      const text = String.fromCodePoint(...code.split("-").map((point) => Number.parseInt(point, 16)));
      for (const name of [names].flat()) if (!emoji.has(name)) emoji.set(name, text);
    }
  return emoji;
}
