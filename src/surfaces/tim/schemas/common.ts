import { z } from "zod";
import { CustomFields } from "../../../domain/custom-fields.ts";
import type { FieldOptions } from "../../../http/fields.ts";

/** Bodies are JSON, at most 512 KiB: a list of five hundred users. */
export const BODY: FieldOptions = { maxBytes: 512 * 1024, forms: false };

/** Custom fields as a list. The last entry of a repeated key counts. */
export const fields = z
  .array(z.object({ key: z.string().refine(isKept, "is no name for a field"), value: z.string() }))
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])))
  .pipe(CustomFields);

/** Whether an object keeps a key as its own property. JSON allows `__proto__`, which it does not keep. */
function isKept(key: string): boolean {
  return key !== "__proto__";
}
