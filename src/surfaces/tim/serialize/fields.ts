import type { CustomFields } from "../../../domain/custom-fields.ts";

/** Custom fields as a list of keys and values. */
export function serializeFields(fields: CustomFields): { key: string; value: string }[] {
  return Object.entries(fields).map(([key, value]) => ({ key, value }));
}
