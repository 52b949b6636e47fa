import { signal } from "@preact/signals";
import { stored } from "../../lib/stored.ts";

/** So many emoji of late are kept. */
const MAX_RECENT = 27;

const keptTone = stored("emoji-tone", (value) => (typeof value === "number" ? value : null));
const keptRecent = stored("emoji-recent", (value) =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : null,
);

/** The skin tone of the user, 0 to 5. */
export const skinTone = signal(keptTone.read() ?? 0);
/** The emoji that the user has picked of late, the last one first. */
export const recentEmoji = signal<readonly string[]>(keptRecent.read() ?? []);

/** The user has chosen a skin tone. */
export function chooseTone(tone: number): void {
  skinTone.value = tone;
  keptTone.write(tone);
}

/** The user has picked an emoji. */
export function notePicked(text: string): void {
  const others = recentEmoji.value.filter((one) => one !== text);
  recentEmoji.value = [text, ...others].slice(0, MAX_RECENT);
  keptRecent.write([...recentEmoji.value]);
}
