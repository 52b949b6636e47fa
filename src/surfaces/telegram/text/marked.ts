import { asHttpUrl } from "../../../domain/http-url.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { codeSpan, plain } from "../../../lib/markup.ts";
import { type Entity, inOrder, type MarkedText } from "./entities.ts";
import { fromOurs } from "./shown.ts";

/** The signs of our Markdown. Underlined text has none. */
const SIGNS: Readonly<Record<string, string>> = {
  bold: "**",
  italic: "*",
  strikethrough: "~~",
  spoiler: "||",
};
const QUOTES: ReadonlySet<string> = new Set(["blockquote", "expandable_blockquote"]);
/** What stands on lines of its own. */
const BLOCKS: ReadonlySet<string> = new Set([...QUOTES, "pre"]);

/** Telegram, too, takes so many entities of a text, and leaves the others out. */
const MAX_ENTITIES = 100;
/** With more entities, of which some cannot be written, none is. */
const MAX_TRIED = 20;

/**
 * A text with entities in our Markdown: signs that are no marks get a backslash. What it says is what is
 * shown: an entity that our marks cannot express there is left out.
 */
export function toOurs({ text, entities }: MarkedText): string {
  if (entities.length === 0) return plain(text);
  const known = onOwnLines({ text, entities: inOrder(entities.slice(0, MAX_ENTITIES)) });
  const written = render(known);
  if (fromOurs(written).text === known.text) return written;
  const kept: Entity[] = [];
  for (const entity of known.entities.length > MAX_TRIED ? [] : known.entities) {
    const isShown = (one: Entity) =>
      fromOurs(render({ text: known.text, entities: [...kept, one] })).text === known.text;
    const found = [entity, ...asWords(entity)].find(isShown);
    if (found) kept.push(found);
  }
  return render({ text: known.text, entities: kept });
}

/** A block of code that holds a fence, as code in the text. */
function asWords({ type, ...entity }: Entity): Entity[] {
  return type === "pre" ? [{ ...entity, type: "code", language: undefined }] : [];
}

/** Puts quotes and blocks of code that begin or end within a line on lines of their own. */
function onOwnLines({ text, entities }: MarkedText): MarkedText {
  const breaks = new Set<number>();
  for (const { type, offset, length } of entities) {
    const end = offset + length;
    if (!BLOCKS.has(type) || length === 0) continue;
    if (offset > 0 && text[offset - 1] !== "\n") breaks.add(offset);
    if (end < text.length && text[end] !== "\n" && text[end - 1] !== "\n") breaks.add(end);
  }
  if (breaks.size === 0) return { text, entities };
  const places = [...breaks].sort((one, other) => one - other);
  const moved = (at: number, isEnd: boolean) =>
    at + places.filter((place) => (isEnd ? place < at : place <= at)).length;
  let broken = "";
  let at = 0;
  for (const place of places) {
    broken += `${text.slice(at, place)}\n`;
    at = place;
  }
  return {
    text: broken + text.slice(at),
    entities: entities.map((entity) => {
      const offset = moved(entity.offset, false);
      return { ...entity, offset, length: moved(entity.offset + entity.length, true) - offset };
    }),
  };
}

function render({ text, entities }: MarkedText): string {
  return renderPart(text, 0, text.length, entities, []);
}

/** @param outer the types of the entities around it: what is bold is not made bold again */
function renderPart(
  text: string,
  from: number,
  to: number,
  entities: readonly Entity[],
  outer: readonly string[],
): string {
  let rendered = "";
  let at = from;
  for (let i = 0; i < entities.length; ) {
    const entity = entities[i];
    if (!entity) break;
    const start = Math.max(entity.offset, at);
    // One that crosses the end of another is cut off there.
    const end = Math.min(entity.offset + entity.length, to);
    const within = entities.slice(i + 1).filter(({ offset }) => offset < end);
    i += 1 + within.length;
    if (start >= end) continue;
    const inner = () => renderPart(text, start, end, within, [...outer, entity.type]);
    const shown = outer.includes(entity.type) ? inner() : styled(entity, text.slice(start, end), inner);
    rendered += plain(text.slice(at, start)) + shown;
    at = end;
  }
  return rendered + plain(text.slice(at, to));
}

function styled(entity: Entity, raw: string, inner: () => string): string {
  switch (entity.type) {
    case "code":
      return codeSpan(raw);
    case "pre":
      return `\`\`\`${entity.language ?? ""}\n${raw.replace(/\n$/, "")}\n\`\`\`${raw.endsWith("\n") ? "\n" : ""}`;
    case "blockquote":
    case "expandable_blockquote":
      return inner().replace(/^/gm, "> ");
    case "text_link": {
      const label = inner().replace(/(?<!\\)[[\]]/g, "\\$&");
      const address = asHttpUrl(entity.url, LIMITS.url);
      if (!address || label.includes("\n")) return label;
      return `[${label}](${address.replace(/[()]/g, (sign) => (sign === "(" ? "%28" : "%29"))})`;
    }
    default:
      return marked(inner(), SIGNS[entity.type] ?? "");
  }
}

/** Puts signs around what stands in each line: none begins or ends with a blank. */
function marked(inner: string, sign: string): string {
  if (sign === "") return inner;
  return inner.replace(/^([ \t]*)(\S(?:.*\S)?)([ \t]*)$/gm, (_, before, shown, after) => {
    return `${before}${sign}${shown}${sign}${after}`;
  });
}
