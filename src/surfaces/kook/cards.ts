import { z } from "zod";
import { Buttons } from "../../domain/bots/buttons.ts";
import { invalid } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import { exceedsBytes } from "../../domain/text.ts";

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

type Button = Buttons[number][number];

/** The most values of a card that are looked at. */
const MAX_VALUES = 2_000;
/** Begins the data of a button whose value is longer than data may be. */
const LONG = "…";

const text = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform(({ content }) => content),
]);
const CardButton = z.looseObject({
  ...{ type: z.literal("button"), text, click: z.string().default(""), value: z.string().default("") },
});
type CardButton = z.infer<typeof CardButton>;

const list = z.array(z.unknown()).catch([]);
const Card = z.looseObject({ modules: list }).catch({ modules: [] });
const Module = z
  .looseObject({ elements: list, accessory: z.unknown().optional() })
  .catch({ elements: [], accessory: undefined });

/** A button of a card: what is shown, and the value of which its bot is told. */
interface ShownButton {
  shown: Button;
  value: string;
}

/**
 * The buttons of cards, row by row, which open a page or return a value. What no message may have is left
 * out, and what comes behind the most that it may have.
 * @returns null: there are none
 */
export function buttonsOf(cards: readonly unknown[]): Buttons | null {
  const rows: Buttons = [];
  for (const row of rowsOf(cards)) {
    const buttons = row.map(({ shown }) => shown);
    if (!Buttons.safeParse([...rows, buttons]).success) break;
    rows.push(buttons);
  }
  return rows.length > 0 ? rows : null;
}

/** The value of the button with this data; null: it was a button of a card that is another one now. */
export function valueIn(cards: readonly unknown[], data: string): string | null {
  const found = rowsOf(cards)
    .flat()
    .find(({ shown }) => shown.data === data);
  if (found) return found.value;
  // Short data is the value itself, also of a button that another API has given the message.
  return data.startsWith(LONG) ? null : data;
}

/** The cards of a message. @throws `validation_failed` */
export function readCards(json: string): unknown[] {
  let cards: unknown;
  try {
    cards = JSON.parse(json);
  } catch {
    throw noCards();
  }
  if (!Array.isArray(cards)) throw noCards();
  return cards;
}

/** What can be read of cards: the texts of their parts, a line each, without those of their buttons. */
export function textOfCards(cards: readonly unknown[]): string {
  const texts: string[] = [];
  const waiting: unknown[] = [cards];
  for (let i = 0; i < waiting.length && i < MAX_VALUES; i++) {
    const value = waiting[i];
    if (Array.isArray(value)) waiting.push(...value.slice(0, MAX_VALUES));
    else if (typeof value === "object" && value !== null && !buttonOf(value, 0))
      for (const [name, inner] of Object.entries(value))
        if (typeof inner !== "string") waiting.push(inner);
        else if (name === "content" && inner.trim() !== "") texts.push(inner);
  }
  return texts.join("\n") || "[card]";
}

function rowsOf(cards: readonly unknown[]): ShownButton[][] {
  let at = 0;
  const modules = cards.flatMap((card) => Card.parse(card).modules).slice(0, MAX_VALUES);
  return modules
    .map((module) => {
      const { elements, accessory } = Module.parse(module);
      const all = [...elements, accessory].flatMap((element) => buttonOf(element, at++) ?? []);
      return all.slice(0, LIMITS.buttonsInRow);
    })
    .filter((row) => row.length > 0);
}

/** @param at its place among the buttons of the message */
function buttonOf(element: unknown, at: number): ShownButton | null {
  const { data: given } = CardButton.safeParse(element);
  if (!given) return null;
  const { value } = given;
  const does = actionOf(given, at);
  if (!does) return null;
  const label = [...unescaped(given.text).trim()].slice(0, LIMITS.buttonText).join("");
  const [[shown] = []] = Buttons.safeParse([[{ text: label, ...does }]]).data ?? [];
  return shown ? { shown, value } : null;
}

function actionOf({ click, value }: CardButton, at: number): { url: string } | { data: string } | null {
  if (click === "link") return { url: value };
  if (click !== "return-val") return null;
  if (!exceedsBytes(value, LIMITS.buttonDataBytes) && !value.startsWith(LONG)) return { data: value };
  // Ten characters have 40 bytes of UTF-8 at most.
  return { data: `${LONG}${at} ${[...value].slice(0, 10).join("")}` };
}

function noCards() {
  return invalid("content", "must be the JSON of an array of cards");
}
