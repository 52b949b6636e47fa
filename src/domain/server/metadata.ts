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

/** Metadata as it is stored, and as objects hand it on: JSON text; `""` is `{}`. */
export type MetadataJson = string;

/** Stored metadata. @param text `MetadataJson`, as a column has it */
export function readMetadata(text: unknown): Metadata {
  return text === "" ? {} : Metadata.parse(JSON.parse(z.string().parse(text)));
}

/** The text under which metadata is stored. */
export function writeMetadata(metadata: Metadata): MetadataJson {
  return Object.keys(metadata).length === 0 ? "" : JSON.stringify(metadata);
}

/** Whether two stored texts are the same metadata. */
export function isSameMetadata(one: MetadataJson, other: MetadataJson): boolean {
  return one === other || isSameJson(readMetadata(one), readMetadata(other));
}

/** Whether two values of JSON are the same, in whatever order the fields of objects are. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, inOrder) === JSON.stringify(other, inOrder);
}

function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
