import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";
import { ReactionKey } from "../../../src/domain/messages/reactions.ts";

const Shortcodes = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
const NAME = /:([\w+-]+(?:::skin-tone-[2-6])?):/g;
/** Older names that clients know. */
const FURTHER: Readonly<Record<string, string>> = { simple_smile: "🙂" };
const MAX_NAME = 30;

let known: Map<string, string> | undefined;

/**
 * The emoji of a name, as Slack and Mattermost have them: `tada`, `thumbsup::skin-tone-3`.
 * @returns undefined: it is one of the team's own
 */
function emojiOf(name: string): string | undefined {
  known ??= load();
  const [base = "", tone] = name.toLowerCase().split("::skin-tone-");
  const emoji = FURTHER[base] ?? known.get(base);
  if (emoji === undefined || tone === undefined) return emoji;
  const [first = "", ...rest] = emoji;
  // Skin tones are U+1F3FB to U+1F3FF, of the numbers 2 to 6. One stands in place of U+FE0F.
  const modifier = String.fromCodePoint(0x1f3f9 + Number(tone));
  const toned = first + modifier + rest.join("").replace(/^\uFE0F/, "");
  return ReactionKey.safeParse(toned).success ? toned : emoji;
}

/** The key of a reaction by the name of an emoji; one of the team's own becomes a name between colons. */
export function reactionKeyOf(name: string): string {
  return emojiOf(name) ?? ownKey(name);
}

/** The key of an emoji of the team's own. */
export function ownKey(name: string): string {
  const plain = name.toLowerCase().slice(0, MAX_NAME);
  return `:${plain.replace(/[^a-z0-9_+-]/g, "_")}:`;
}

/** Replaces the names of emoji in a text that is no code. */
export function withEmoji(text: string): string {
  return text.includes(":") ? text.replace(NAME, (all, name: string) => emojiOf(name) ?? all) : text;
}

function load(): Map<string, string> {
  const require = createRequire(import.meta.url);
  const emoji = new Map<string, string>();
  // The first set has Slack's names, which are also Mattermost's; the second one some more.
  for (const set of ["iamcal", "github"]) {
    const path = require.resolve(`emojibase-data/en/shortcodes/${set}.json`);
    for (const [code, names] of Object.entries(Shortcodes.parse(JSON.parse(readFileSync(path, "utf8"))))) {
      const text = String.fromCodePoint(...code.split("-").map((point) => Number.parseInt(point, 16)));
      for (const name of [names].flat()) if (!emoji.has(name)) emoji.set(name, text);
    }
  }
  return emoji;
}
