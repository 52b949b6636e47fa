import { z } from "zod";
import { Buttons } from "../../domain/bots/buttons.ts";
import { checked } from "../../http/fields.ts";
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

/** What stands below a message: buttons. Keyboards in place of that of the phone are not shown here. */
export const replyMarkup = orNone(json(z.looseObject({ inline_keyboard: z.array(z.array(Key)).optional() })));
type ReplyMarkup = z.infer<typeof replyMarkup>;

/**
 * The buttons that a call asks for; null: none.
 * @throws `validation_failed` for buttons that can not be shown
 */
export function buttonsOf(markup: ReplyMarkup): Buttons | null {
  const rows = (markup?.inline_keyboard ?? []).filter((row) => row.length > 0);
  if (rows.length === 0) return null;
  const buttons = rows.map((row) =>
    row.map(({ text, callback_data: data, url, web_app, login_url }) => {
      const address = url ?? web_app?.url ?? login_url?.url;
      return data === undefined ? { text, url: address } : { text, data };
    }),
  );
  return checked(Buttons, buttons);
}

/** The buttons of a message as this API shows them. */
export function keyboardOf(buttons: Buttons) {
  const inline_keyboard = buttons.map((row) =>
    row.map(({ text, data, url }) => (data === undefined ? { text, url } : { text, callback_data: data })),
  );
  return { inline_keyboard };
}
