import { z } from "zod";
import { CustomFields } from "../../../domain/custom-fields.ts";
import type { FieldOptions } from "../../../http/fields.ts";

/** Bodies are JSON: at most 512 KiB, which a list of five hundred users takes. */
export const SPEECH: FieldOptions = { maxBytes: 512 * 1024, forms: false };

/** Custom fields, as this API lists them; of a key that stands there twice the last one is meant. */
export const fields = z
  .array(z.object({ key: z.string().refine(isKept, "is no name for a field"), value: z.string() }))
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])))
  .pipe(CustomFields);

/** What JSON may have for a name and no object keeps as one. */
function isKept(key: string): boolean {
  return key !== "__proto__";
}
