import { z } from "zod";
import { invalid } from "../../domain/errors.ts";
import { bodyJson, Content } from "../../domain/messages/content.ts";
import { KMARKDOWN, type Message } from "../../domain/messages/message.ts";
import { checked } from "../../http/fields.ts";

/** The types of messages, by KOOK's numbers. */
export const TYPE = {
  text: 1,
  image: 2,
  video: 3,
  file: 4,
  audio: 8,
  kmarkdown: 9,
  card: 10,
  system: 255,
} as const;

/** The types of a message with a file, by our kinds. */
export const MEDIA_TYPES = {
  image: TYPE.image,
  video: TYPE.video,
  file: TYPE.file,
  audio: TYPE.audio,
} as const;

/** The `extension` of a `custom` message that is a card. Its `data` is the JSON that the bot has sent. */
const CARD = "kook.card";

const CustomBody = z.object({ data: z.string(), description: z.string(), extension: z.string() });
const TextBody = z.object({ text: z.string() });

/** What a message says, without a file: its kind, its body, and what tells its type again. */
interface Written {
  kind: "text" | "custom";
  body: string;
  customData?: string;
}

/**
 * A text, KMarkdown or a card as one of our kinds. KMarkdown is a text as it is written: it shares nearly all
 * its marks with the Markdown of our clients. A card is a `custom` message that others see as its texts.
 * @throws `validation_failed`
 */
export function written(type: 1 | 9 | 10, content: string): Written {
  if (type === TYPE.card) {
    const body = { data: content, description: textOfCards(content), extension: CARD };
    return { kind: "custom", body: bodyOf({ kind: "custom", body }) };
  }
  const body = bodyOf({ kind: "text", body: { text: content } });
  return { kind: "text", body, ...(type === TYPE.kmarkdown && { customData: KMARKDOWN }) };
}

/** The body of a draft. @throws `validation_failed` for what no message may have */
export function bodyOf(given: unknown): string {
  return bodyJson(checked(Content, given));
}

/** The type of a message that an edit may write anew; null: it has none. */
export function writtenType({ kind, body, customData }: Message): 1 | 9 | 10 | null {
  if (kind === "text") return customData === KMARKDOWN ? TYPE.kmarkdown : TYPE.text;
  return kind === "custom" && cardOf(body) !== null ? TYPE.card : null;
}

/** The text that was sent as KMarkdown; null: it was not. */
export function kmarkdownOf({ kind, body, customData }: Message): string | null {
  return kind === "text" && customData === KMARKDOWN ? TextBody.parse(JSON.parse(body)).text : null;
}

/** The JSON of a card; null: the body is of another custom message. */
export function cardOf(body: string): string | null {
  const { data } = CustomBody.safeParse(JSON.parse(body));
  return data?.extension === CARD ? data.data : null;
}

/** What starts KMarkdown: a mark, one of its tags, the address of a link, a quote or a rule. */
const MARKS = /[\\*~`]|\((?=(?:met|chn|rol|emj|ins|spl)\))|\](?=\()|^>|^-(?=--)/gm;

/** A plain text as KMarkdown. */
export function escaped(text: string): string {
  return text.replace(MARKS, "\\$&");
}

/** KMarkdown without the backslashes before its signs. */
export function unescaped(kmarkdown: string): string {
  return kmarkdown.replace(/\\(.)/gs, "$1");
}

/** The most values of a card that are looked at. */
const MAX_VALUES = 2_000;
const NO_CARD = "must be the JSON of an array of cards";

/** What can be read of cards: the texts of their parts, a line each. @throws `validation_failed` */
function textOfCards(json: string): string {
  let cards: unknown;
  try {
    cards = JSON.parse(json);
  } catch {
    throw invalid("content", NO_CARD);
  }
  if (!Array.isArray(cards)) throw invalid("content", NO_CARD);
  const texts: string[] = [];
  const waiting: unknown[] = [cards];
  for (let i = 0; i < waiting.length && i < MAX_VALUES; i++) {
    const value = waiting[i];
    if (Array.isArray(value)) waiting.push(...value.slice(0, MAX_VALUES));
    else if (typeof value === "object" && value !== null)
      for (const [name, inner] of Object.entries(value))
        if (typeof inner !== "string") waiting.push(inner);
        else if (name === "content" && inner.trim() !== "") texts.push(inner);
  }
  return texts.join("\n") || "[card]";
}
