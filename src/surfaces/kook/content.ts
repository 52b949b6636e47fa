import { z } from "zod";
import type { Buttons } from "../../domain/bots/buttons.ts";
import { bodyJson, Content, MessageText } from "../../domain/messages/content.ts";
import { KMARKDOWN, type Message } from "../../domain/messages/message.ts";
import { checked } from "../../http/fields.ts";
import { buttonsOf, readCards, textOfCards } from "./cards.ts";
import { type Named, withNames } from "./messages/mentions.ts";

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
const Text = z.object({ content: MessageText });
const TextBody = z.object({ text: z.string() });

/** What a message says, without a file: its kind, its body, and what tells its type again. */
interface Written {
  kind: "text" | "custom";
  body: string;
  customData?: string;
  /** of a card; null: it has none. Absent: it is no card */
  buttons?: Buttons | null;
}

/**
 * A text, KMarkdown or a card as one of our kinds. KMarkdown is a text as it is written: it shares nearly all
 * its marks with the Markdown of our clients. A card is a `custom` message that others see as its texts.
 * @param mentioned the users and roles that it may mention: others read their names
 * @throws `validation_failed`
 */
export function written(type: 1 | 9 | 10, content: string, mentioned: Named): Written {
  if (type === TYPE.card) {
    const cards = readCards(content);
    const description = withNames(textOfCards(cards), mentioned);
    const body = { data: content, description, extension: CARD };
    return { kind: "custom", body: bodyOf({ kind: "custom", body }), buttons: buttonsOf(cards) };
  }
  const named = type === TYPE.kmarkdown ? withNames(content, mentioned) : content;
  const { content: text } = checked(Text, { content: named });
  return {
    kind: "text",
    body: bodyJson({ body: { text } }),
    ...(type === TYPE.kmarkdown && { customData: KMARKDOWN }),
  };
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
