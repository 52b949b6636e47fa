import type { Context } from "hono";
import { z } from "zod";
import { CustomFields } from "../../domain/custom-fields.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { CallerEnv } from "../../http/env.ts";
import { bodyFields, checked, type FieldOptions } from "../../http/fields.ts";

/** Bodies are JSON. A list of five hundred users is larger than a message. */
export const BODY: FieldOptions = { maxBytes: 2 * LIMITS.writtenBytes, forms: false };

/** Custom fields as a list. The last entry of a repeated key counts. */
export const fields = z
  .array(z.object({ key: z.string().refine(isKept, "is no name for a field"), value: z.string() }))
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])))
  .pipe(CustomFields);

/** Whether an object keeps a key as its own property. JSON allows `__proto__`, which it does not keep. */
function isKept(key: string): boolean {
  return key !== "__proto__";
}

/**
 * The body of a call, parsed by its schema.
 * @throws `validation_failed`, `too_large`
 */
export async function parseBody<T>(c: Context<CallerEnv>, schema: z.ZodType<T>): Promise<T> {
  return checked(schema, await bodyFields(c.req.raw, BODY));
}
