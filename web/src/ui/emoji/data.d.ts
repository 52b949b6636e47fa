/** The groups of emoji, each in its order: `web/scripts/emoji.ts` makes them. */
declare module "emoji:*" {
  /** the emoji, its label, its names and its keywords, each with blanks between; 1: it has skin tones */
  type Entry = readonly [emoji: string, label: string, names: string, words: string, hasTones: 0 | 1];
  const groups: readonly (readonly Entry[])[];
  export default groups;
}
