/**
 * Closes every schema of a document, so that an answer with an extra field does not fit. Removes examples, as
 * a validator would take them for schemas.
 * @returns a changed copy
 */
export function closeSchema<Part>(part: Part): Part {
  return close(structuredClone(part), false);
}

/** @param part changed in place @param shared its fields belong to a schema that is closed elsewhere */
function close<Part>(part: Part, shared: boolean): Part {
  if (Array.isArray(part)) {
    for (const inner of part) close(inner, shared);
    return part;
  }
  if (typeof part !== "object" || part === null) return part;
  if ("example" in part) delete part.example;
  if ("discriminator" in part) choose(part);
  if ("oneOf" in part && Array.isArray(part.oneOf)) orNull(part, part.oneOf);
  const open = !("additionalProperties" in part || "unevaluatedProperties" in part);
  // The parts of an allOf share their fields. The part with `properties` of all of them is closed.
  if ("properties" in part && isObject(part.properties) && open && !shared && !("allOf" in part)) {
    Object.assign(part, { additionalProperties: false });
  }
  for (const [key, inner] of Object.entries(part)) {
    if (key === "properties" && isObject(inner))
      for (const field of Object.values(inner)) close(field, false);
    else close(inner, key === "allOf" || key === "if");
  }
  return part;
}

/** Selects the shape of a union by its discriminator, so that an error concerns that shape. */
function choose(union: { discriminator: unknown; oneOf?: unknown }): void {
  if (!isObject(union.discriminator)) return;
  const { propertyName, mapping } = union.discriminator;
  if (typeof propertyName !== "string" || !isObject(mapping)) return;
  delete union.oneOf;
  // Each shape is in the `else` of the one before, so that only the matching one is validated.
  const chain = Object.entries(mapping).reduceRight<object>(
    (otherwise, [value, $ref]) => ({
      if: { properties: { [propertyName]: { const: value } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { $ref },
      else: otherwise,
    }),
    {},
  );
  const known = { [propertyName]: { enum: Object.keys(mapping) } };
  Object.assign(union, { required: [propertyName], properties: known, allOf: [chain] });
}

/** Validates a value that is not null against the shape, so that errors concern the shape. */
function orNull(union: { oneOf?: unknown }, parts: unknown[]): void {
  const [shape, other] = parts;
  if (parts.length !== 2 || !isObject(other) || other.type !== "null") return;
  delete union.oneOf;
  Object.assign(union, { if: { type: "null" }, else: shape });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
