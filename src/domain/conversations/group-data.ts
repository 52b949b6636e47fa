import { z } from "zod";
import { invalid } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { bytesOf } from "../text.ts";

/** What the members of a group keep with it, by key: texts, which the core does not interpret. */
export type GroupAttributes = Record<string, string>;

/** The attributes of a group, and the number of the last change; 0: none was made. */
export interface AttributesState {
  attributes: GroupAttributes;
  version: number;
}

/** A change of the attributes of a group. */
export interface AttributesChange {
  set?: GroupAttributes;
  /** `all`: every attribute that is not set by the same change */
  deleted?: string[] | "all";
  /** the version that the caller has seen; absent: any */
  version?: number | undefined;
}

/** Numbers that the members of a group count, by key. */
export type GroupCounters = Record<string, number>;

const bytesUpTo = (max: number) =>
  [
    (text: string) => text !== "" && text !== "__proto__" && bytesOf(text) <= max,
    `must have 1 to ${max} bytes, and not be __proto__`,
  ] as const;

/** The key of an attribute. */
export const AttributeKey = z.string().refine(...bytesUpTo(LIMITS.attributeKeyBytes));
/** The key of a counter. */
export const CounterKey = z.string().refine(...bytesUpTo(LIMITS.counterKeyBytes));

/** @throws `validation_failed` for attributes over their limits @param path of the attributes in the error */
export function requireAttributesFit(attributes: GroupAttributes, path: string): void {
  const entries = Object.entries(attributes);
  if (entries.length > LIMITS.groupAttributes)
    throw invalid(path, `would be more than ${LIMITS.groupAttributes}`);
  const sizes = entries.map(([key, value]) => ({ key: bytesOf(key), value: bytesOf(value) }));
  if (sizes.some(({ value }) => value > LIMITS.attributeBytes))
    throw invalid(path, `must have values of at most ${LIMITS.attributeBytes} bytes`);
  if (sizes.reduce((sum, { key, value }) => sum + key + value, 0) > LIMITS.attributesBytes)
    throw invalid(path, `would have more than ${LIMITS.attributesBytes} bytes`);
}
