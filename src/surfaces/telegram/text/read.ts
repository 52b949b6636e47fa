import { LIMITS } from "../../../domain/limits.ts";
import { hasVisible } from "../../../domain/names/characters.ts";
import { badRequest } from "../errors.ts";
import type { ParseMode } from "../schemas.ts";
import type { Entity, MarkedText } from "./entities.ts";
import { fromHtml } from "./html.ts";
import { fromMarkdown, fromMarkdownV2 } from "./markdown.ts";
import { toOurs } from "./marked.ts";
import { type Meant, meantIn } from "./meant.ts";

const READERS: Record<ParseMode, (text: string) => MarkedText> = {
  html: fromHtml,
  markdown: fromMarkdown,
  markdownv2: fromMarkdownV2,
};

/** A text of a bot in our Markdown, and whom it means. */
interface ReadText {
  text: string;
  meant: Meant;
}

/** UTF-16 units: a text with all its marks. A longer one is not read. */
const MAX_WRITTEN = 4 * LIMITS.textLength;

/**
 * A text of a bot in our Markdown. Without a mode and entities none of its signs is a mark.
 * @throws `validation_failed` for a text that is not of its mode, or far too long
 */
export function readText(text: string, mode: ParseMode | undefined, entities: Entity[] = []): ReadText {
  if (text.length > MAX_WRITTEN) throw badRequest("message is too long");
  requireWhole(text, entities);
  const marked = mode === undefined ? { text, entities } : trimmed(READERS[mode](text));
  return { text: toOurs(marked), meant: meantIn(marked) };
}

/** The same for the text of a message. @throws `validation_failed` for an empty one, too */
export function readMessageText(text: string, mode: ParseMode | undefined, entities?: Entity[]): ReadText {
  const read = readText(text, mode, entities);
  if (!hasVisible(read.text)) throw badRequest("message text is empty");
  return read;
}

/** @throws `validation_failed` for an entity that begins or ends between the two halves of a character */
function requireWhole(text: string, entities: readonly Entity[]): void {
  for (const { offset, length } of entities)
    for (const [at, verb] of [
      [offset, "begins"],
      [offset + length, "ends"],
    ] as const)
      if (/^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(Math.max(0, at - 1), at + 1)))
        throw badRequest(`entity ${verb} in a middle of a UTF-16 symbol at byte offset ${at}`);
}

function trimmed({ text, entities }: MarkedText): MarkedText {
  const before = text.length - text.trimStart().length;
  const shown = text.trim();
  const moved = entities.flatMap((entity) => {
    const offset = Math.max(0, entity.offset - before);
    const end = Math.min(shown.length, entity.offset - before + entity.length);
    return end > offset ? [{ ...entity, offset, length: end - offset }] : [];
  });
  return { text: shown, entities: moved };
}
