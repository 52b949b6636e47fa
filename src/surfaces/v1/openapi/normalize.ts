/** A part of a document: anything that JSON has. */
type Part = Record<string, unknown>;

/**
 * Rewrites what the generator makes of zod schemas so that tools read it as it is meant. In place.
 *
 * - An integer gets `format: int64`, which the generator leaves out, and `minimum: 1` for `exclusiveMinimum:
 *   0`.
 * - The parts of each union exclude one another, so `anyOf` becomes `oneOf`.
 * - A field that must be absent (`not: {}`) is not listed.
 * - A discriminator stays only if each of its values selects another shape.
 * - A default of a field is told in its description. Generators of types would make the field required, in
 *   requests too.
 */
export function normalize<Value>(value: Value): Value {
  if (Array.isArray(value)) for (const inner of value) normalize(inner);
  if (!isPart(value)) return value;
  if (value.type === "integer") normalizeInteger(value);
  if ("anyOf" in value) rename(value, "anyOf", "oneOf");
  if (isPart(value.discriminator) && !isSelective(value, value.discriminator)) delete value.discriminator;
  if (isPart(value.properties)) normalizeFields(value.properties);
  for (const inner of Object.values(value)) normalize(inner);
  return value;
}

function normalizeInteger(integer: Part): void {
  integer.format = "int64";
  if (integer.exclusiveMinimum !== 0) return;
  integer.minimum = 1;
  delete integer.exclusiveMinimum;
}

function normalizeFields(fields: Part): void {
  for (const [name, field] of Object.entries(fields)) {
    if (!isPart(field)) continue;
    if ("not" in field) delete fields[name];
    if (!("default" in field)) continue;
    const absent = `If absent: \`${JSON.stringify(field.default)}\``;
    field.description = field.description === undefined ? absent : `${field.description}. ${absent}`;
    delete field.default;
  }
}

function isSelective(union: Part, { mapping }: Part): boolean {
  if (!isPart(mapping) || !Array.isArray(union.oneOf)) return false;
  const selected = new Set(Object.values(mapping));
  return selected.size === union.oneOf.length && selected.size === Object.keys(mapping).length;
}

function rename(part: Part, from: string, to: string): void {
  part[to] = part[from];
  delete part[from];
}

/** Whether a value is an object of a document, and no list. */
export function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The name of what a reference points to; undefined for a part that is written out. */
export function nameOf({ $ref }: { $ref?: unknown }): string | undefined {
  return typeof $ref === "string" ? $ref.split("/").at(-1) : undefined;
}
