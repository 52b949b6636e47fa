import { z } from "zod";
import { Buttons } from "../../domain/bots/buttons.ts";
import { asHttpUrl } from "../../domain/http-url.ts";
import { LIMITS } from "../../domain/limits.ts";
import { checked } from "../../http/fields.ts";
import { badRequest } from "./errors.ts";
import { json, orNone } from "./schemas.ts";

const text = z.string();
const Address = z.object({ url: z.string() });

/** A button of this API. Those of web apps and log-ins open their page. */
const Key = z.looseObject({
  text,
  callback_data: text.optional(),
  url: text.optional(),
  web_app: Address.optional(),
  login_url: Address.optional(),
});
type Key = z.infer<typeof Key>;

/** What stands below a message: buttons. Keyboards in place of that of the phone are not shown here. */
export const replyMarkup = orNone(json(z.looseObject({ inline_keyboard: z.array(z.array(Key)).optional() })));
type ReplyMarkup = z.infer<typeof replyMarkup>;

/** Kinds of buttons that do nothing here: they are left out, and the message is sent. */
const WITHOUT_USE = [
  ...["switch_inline_query", "switch_inline_query_current_chat", "switch_inline_query_chosen_chat"],
  ...["copy_text", "callback_game", "pay"],
];
/** The protocols of addresses that only Telegram's own clients open. */
const TELEGRAM_ONLY = /^(?:tg|ton|tonsite):/i;
const PROTOCOL = /^[a-z][a-z\d+.-]*:\/\//i;
/** A path has no host: behind a protocol its first part would be one. */
const IS_PATH = /^[/\\]/;
/** UTF-16 units of an address. */
const MAX_ADDRESS = 2_048;

/**
 * The buttons that a call asks for; null: none. What other clients cannot do is left out, long labels are
 * cut, and long rows go on in the next one.
 * @throws `validation_failed` in Telegram's words for what Telegram refuses, too
 */
export function buttonsOf(markup: ReplyMarkup): Buttons | null {
  const shown = (markup?.inline_keyboard ?? []).map((row) => row.flatMap(buttonOf));
  const rows = shown.flatMap((row) => inRows(row));
  if (rows.length === 0) return null;
  if (rows.flat().length > LIMITS.buttons) throw badRequest("reply markup is too long");
  return checked(Buttons, rows.length > LIMITS.buttonRows ? inRows(rows.flat()) : rows);
}

function buttonOf(key: Key): { text: string; data?: string; url?: string }[] {
  const { callback_data: data, url, web_app, login_url } = key;
  const text = cut(key.text);
  if (text === "") throw badRequest("Text buttons are unallowed in the inline keyboard");
  if (data !== undefined) {
    const bytes = new TextEncoder().encode(data).length;
    if (bytes === 0 || bytes > LIMITS.buttonDataBytes) throw badRequest("BUTTON_DATA_INVALID");
    return [{ text, data }];
  }
  const address = url ?? web_app?.url ?? login_url?.url;
  if (address !== undefined) return TELEGRAM_ONLY.test(address) ? [] : [{ text, url: withProtocol(address) }];
  if (WITHOUT_USE.some((kind) => key[kind] !== undefined)) return [];
  throw badRequest("Text buttons are unallowed in the inline keyboard");
}

function withProtocol(address: string): string {
  const whole = PROTOCOL.test(address) ? address : `http://${address}`;
  if (!IS_PATH.test(address) && asHttpUrl(whole, MAX_ADDRESS) !== undefined) return whole;
  throw badRequest(`inline keyboard button URL '${address.slice(0, 200)}' is invalid: Wrong HTTP URL`);
}

function cut(label: string): string {
  const signs = [...label.trim()];
  return signs.length > LIMITS.buttonText
    ? `${signs.slice(0, LIMITS.buttonText - 1).join("")}…`
    : signs.join("");
}

/** Rows that are as long as a row may be. */
function inRows<Button>(buttons: readonly Button[]): Button[][] {
  const rows: Button[][] = [];
  for (let at = 0; at < buttons.length; at += LIMITS.buttonsInRow)
    rows.push(buttons.slice(at, at + LIMITS.buttonsInRow));
  return rows;
}

/** The buttons of a message as this API shows them. */
export function keyboardOf(buttons: Buttons) {
  const inline_keyboard = buttons.map((row) =>
    row.map(({ text, data, url }) => (data === undefined ? { text, url } : { text, callback_data: data })),
  );
  return { inline_keyboard };
}
