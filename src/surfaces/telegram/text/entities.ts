/** A part of a text that is more than text. Offsets and lengths are in UTF-16 units. */
export interface Entity {
  type: string;
  offset: number;
  length: number;
  /** of `text_link` */
  url?: string | undefined;
  /** of `pre` */
  language?: string | undefined;
}

/**
 * What libraries look for in the texts of people: commands, which they hand to their handlers by the entity,
 * names and addresses.
 */
const FOUND = [
  ["bot_command", /(?<![\p{L}\p{N}/@_])\/[A-Za-z0-9_]{1,64}(?:@[\p{L}\p{N}_.-]{2,128})?(?![/\p{L}\p{N}_])/gu],
  ["mention", /(?<![\p{L}\p{N}/@_.])@[\p{L}\p{M}\p{N}_.-]{2,128}/gu],
  ["url", /(?<![\p{L}\p{N}])https?:\/\/[^\s<>()[\]]+[^\s<>()[\].,;:!?'"*_~|`]/giu],
] as const;

/** The entities of a text as somebody has written it. */
export function entitiesIn(text: string): Entity[] {
  const found = FOUND.flatMap(([type, pattern]) =>
    [...text.matchAll(pattern)].map((match) => ({ type, offset: match.index, length: match[0].length })),
  );
  const sorted = found.sort((one, other) => one.offset - other.offset || other.length - one.length);
  let end = 0;
  return sorted.filter(({ offset, length }) => {
    if (offset < end) return false;
    end = offset + length;
    return true;
  });
}
