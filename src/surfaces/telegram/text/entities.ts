/** A part of a text that is more than text. Offsets and lengths are in UTF-16 units. */
export interface Entity {
  type: string;
  offset: number;
  length: number;
  /** of `text_link` */
  url?: string | undefined;
  /** of `pre` */
  language?: string | undefined;
  /** of `text_mention` */
  user?: { id: number } | undefined;
}

/** A text with its entities, as the three forms of a text say it. */
export interface MarkedText {
  text: string;
  entities: Entity[];
}

/** What libraries look for in the texts of people: commands go to their handlers by the entity. */
const FOUND = [
  ["bot_command", /(?<![\p{L}\p{N}/@_])\/[A-Za-z0-9_]{1,64}(?:@[\p{L}\p{N}_.-]{2,128})?(?![/\p{L}\p{N}_])/gu],
  ["mention", /(?<![\p{L}\p{N}/@_.])@[\p{L}\p{M}\p{N}_.-]{1,127}[\p{L}\p{M}\p{N}_]/gu],
  [
    "hashtag",
    /(?<![\p{L}\p{N}_#&/])#(?!\p{N}+(?![\p{L}\p{M}\p{N}_]))[\p{L}\p{M}\p{N}_]{1,256}(?![\p{L}\p{M}\p{N}_#])/gu,
  ],
  ["cashtag", /(?<![\p{L}\p{N}$])\$[A-Z]{1,8}(?![\p{L}\p{N}_$])/gu],
  ["phone_number", /(?<![\p{L}\p{N}+])\+\d(?:[ ()-]{0,2}\d){6,14}(?![\p{L}\p{N}])/gu],
] as const;

/** In these nothing is looked for. */
const CLOSED: ReadonlySet<string> = new Set(["code", "pre", "url", "email", "text_link", "text_mention"]);

/** Entities with those that stand in the text as it is, in the order of this API. */
export function withFound(text: string, entities: readonly Entity[]): Entity[] {
  const taken = new Uint8Array(text.length);
  const take = ({ offset, length }: Entity) => taken.fill(1, offset, offset + length);
  const isFree = ({ offset, length }: Entity) => !taken.subarray(offset, offset + length).includes(1);
  for (const entity of entities) if (CLOSED.has(entity.type)) take(entity);
  const found: Entity[] = [];
  for (const [type, pattern] of FOUND)
    for (const { index: offset, 0: shown } of text.matchAll(pattern)) {
      const entity = { type, offset, length: shown.length };
      if (!isFree(entity)) continue;
      found.push(entity);
      take(entity);
    }
  return inOrder([...entities, ...found]);
}

/** By their beginning, and what is around others before them. */
export function inOrder(entities: readonly Entity[]): Entity[] {
  return entities.toSorted((one, other) => one.offset - other.offset || other.length - one.length);
}
