import { z } from "zod";
import { invalid } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { textUpTo } from "./text.ts";

const MAX_FIELDS = `at most ${LIMITS.customFields} fields are kept`;

/**
 * Key-value fields that clients keep with a group or a member. The core stores them and does not interpret
 * them.
 */
export const CustomFields = z
  .record(textUpTo(LIMITS.customKey).min(1, "must not be empty"), textUpTo(LIMITS.customValue))
  .refine(isFew, MAX_FIELDS);
export type CustomFields = z.infer<typeof CustomFields>;

/**
 * Merges `change` into `fields`.
 * @returns the merged fields
 * @throws `validation_failed` if the result has more than `LIMITS.customFields` fields
 */
export function withFields(fields: CustomFields, change: CustomFields): CustomFields {
  const merged = { ...fields, ...change };
  if (isFew(merged)) return merged;
  throw invalid("customFields", MAX_FIELDS);
}

function isFew(fields: object): boolean {
  return Object.keys(fields).length <= LIMITS.customFields;
}
