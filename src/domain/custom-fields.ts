import { z } from "zod";
import { invalid } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { textUpTo } from "./text.ts";

const MAX_FIELDS = `at most ${LIMITS.customFields} fields are kept`;

/** What clients keep with something of theirs, by names of their own: the core does not look at it. */
export const CustomFields = z
  .record(textUpTo(LIMITS.customKey).min(1, "must not be empty"), textUpTo(LIMITS.customValue))
  .refine(isFew, MAX_FIELDS);
export type CustomFields = z.infer<typeof CustomFields>;

/** Fields with some of them set anew. @throws `validation_failed` for more than may be kept */
export function withFields(fields: CustomFields, change: CustomFields): CustomFields {
  const merged = { ...fields, ...change };
  if (isFew(merged)) return merged;
  throw invalid("customFields", MAX_FIELDS);
}

function isFew(fields: object): boolean {
  return Object.keys(fields).length <= LIMITS.customFields;
}
