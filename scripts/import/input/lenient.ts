import { z } from "zod";

/** A text; a number or a truth is one, too. What has another form is left out. */
export const text = z
  .union([z.string(), z.number().transform(String), z.boolean().transform(String)])
  .nullish()
  .catch(undefined);

/** A number, also as a text. What has another form is left out. */
export const number = z.coerce.number().nullish().catch(undefined);

/** A truth that nobody sees less by. What has another form is left out. */
export const flag = z.boolean().nullish().catch(undefined);

/** A list; items of another form are left out. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z
    .array(z.unknown())
    .transform((list) =>
      list.flatMap((given) => {
        const parsed = item.safeParse(given);
        return parsed.success ? [parsed.data] : [];
      }),
    )
    .nullish()
    .catch(undefined);
}
