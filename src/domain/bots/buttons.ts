import { z } from "zod";
import { httpUrl } from "../http-url.ts";
import { LIMITS } from "../limits.ts";
import { exceedsBytes, textUpTo } from "../text.ts";

/** A button below a message of a bot: a tap gives the bot its `data`, or opens its `url`. */
const Button = z
  .object({
    text: textUpTo(LIMITS.buttonText).min(1),
    data: z
      .string()
      .min(1)
      .refine((data) => !exceedsBytes(data, LIMITS.buttonDataBytes), {
        error: `must be at most ${LIMITS.buttonDataBytes} bytes of UTF-8`,
      })
      .optional(),
    url: httpUrl(2_048, "must be an http(s) URL").optional(),
  })
  .refine(({ data, url }) => (data === undefined) !== (url === undefined), {
    error: "must have either `data` or `url`",
  });

/** The buttons below a message, row by row. */
export const Buttons = z
  .array(z.array(Button).min(1).max(LIMITS.buttonsInRow))
  .min(1)
  .max(LIMITS.buttonRows)
  .refine((rows) => rows.reduce((sum, row) => sum + row.length, 0) <= LIMITS.buttons, {
    error: `must be at most ${LIMITS.buttons} buttons in all`,
  })
  .refine((rows) => !exceedsBytes(JSON.stringify(rows), LIMITS.buttonsBytes), {
    error: `must be at most ${LIMITS.buttonsBytes} bytes as JSON`,
  });
export type Buttons = z.infer<typeof Buttons>;

/** The texts and addresses of buttons, which the rules of a deployment check as those of a message. */
export function textsOfButtons(buttons: Buttons): string[] {
  return buttons.flat().flatMap(({ text, url }) => (url === undefined ? [text] : [text, url]));
}
