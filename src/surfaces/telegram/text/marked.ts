import { asHttpUrl } from "../../../domain/http-url.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { plain } from "../../../lib/markup.ts";
import type { Entity } from "./entities.ts";

/** A text with its entities, as the three forms of a text say it. */
export interface MarkedText {
  text: string;
  entities: Entity[];
}

/** The signs of our Markdown. Underlined text has none. */
const SIGNS: Readonly<Record<string, string>> = {
  bold: "**",
  italic: "*",
  strikethrough: "~~",
  spoiler: "||",
};

/** Telegram, too, takes so many entities of a text, and leaves the others out. */
const MAX_ENTITIES = 100;

/** A text with entities in our Markdown: signs that are no marks get a backslash. */
export function toOurs({ text, entities }: MarkedText): string {
  if (entities.length === 0) return plain(text);
  const sorted = entities.slice(0, MAX_ENTITIES).sort((a, b) => a.offset - b.offset || b.length - a.length);
  return render(text, 0, text.length, sorted);
}

/** @param outer the types of the entities around it: what is bold is not made bold again */
function render(
  text: string,
  from: number,
  to: number,
  entities: readonly Entity[],
  outer: readonly string[] = [],
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
    const inner = () => render(text, start, end, within, [...outer, entity.type]);
    const shown = outer.includes(entity.type) ? inner() : styled(entity, text, start, end, inner);
    rendered += plain(text.slice(at, start)) + shown;
    at = end;
  }
  return rendered + plain(text.slice(at, to));
}

function styled(entity: Entity, text: string, from: number, to: number, inner: () => string): string {
  const raw = text.slice(from, to);
  switch (entity.type) {
    case "code":
      return raw.includes("`") || raw.includes("\n") ? plain(raw) : `\`${raw}\``;
    case "pre": {
      const before = from === 0 || text[from - 1] === "\n" ? "" : "\n";
      const after = to === text.length || text[to] === "\n" ? "" : "\n";
      return `${before}\`\`\`${entity.language ?? ""}\n${raw.replace(/\n$/, "")}\n\`\`\`${after}`;
    }
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
