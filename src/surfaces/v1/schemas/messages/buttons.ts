import { Buttons as Rows } from "../../../../domain/bots/buttons.ts";

/** The buttons below a message. */
export const Buttons = Rows.meta({
  description:
    "Rows of buttons, at most 8 in a row, 20 rows and 100 buttons. Each has either `data`, which a tap gives the bot, of at most 64 bytes of UTF-8, or the `url` that it opens",
}).openapi("Buttons");
