import { z } from "zod";
import { LIMITS } from "../limits.ts";
import { exceedsBytes } from "../text.ts";

/**
 * What a team's backend keeps with a thing of Parley: any JSON object of at most 4 KiB. Parley reads none of
 * it.
 */
export const Metadata = z
  .record(z.string(), z.json())
  .refine((fields) => !exceedsBytes(JSON.stringify(fields), LIMITS.metadataBytes), {
    error: `must be at most ${LIMITS.metadataBytes} bytes as JSON`,
  });
export type Metadata = z.infer<typeof Metadata>;

/** Stored metadata. @param text of the column; `""` is `{}` */
export function readMetadata(text: unknown): Metadata {
  return text === "" ? {} : Metadata.parse(JSON.parse(z.string().parse(text)));
}

/** The text under which metadata is stored; `""` for `{}`. */
export function writeMetadata(metadata: Metadata): string {
  return Object.keys(metadata).length === 0 ? "" : JSON.stringify(metadata);
}

/** Whether two values of JSON are the same, in whatever order the fields of objects are. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, inOrder) === JSON.stringify(other, inOrder);
}

function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
