/**
 * A document whose every shape takes the fields that it names and no other, so that an answer with a
 * field too many does not fit. Examples are left out: a validator would take them for schemas.
 */
export function strict<Part>(part: Part): Part {
  return close(structuredClone(part), false);
}

/** @param part changed in place */
function close<Part>(part: Part, shared: boolean): Part {
  if (Array.isArray(part)) {
    for (const inner of part) close(inner, shared);
    return part;
  }
  if (typeof part !== "object" || part === null) return part;
  if ("example" in part) delete part.example;
  if ("discriminator" in part) choose(part);
  if ("anyOf" in part && Array.isArray(part.anyOf)) orNull(part, part.anyOf);
  const open = !("additionalProperties" in part || "unevaluatedProperties" in part);
  // The parts of an allOf share their fields: the named one of them says which there are.
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

/** Lets the field which tells the shapes of a union apart decide, so that an error is about that one. */
function choose(union: { discriminator: unknown; oneOf?: unknown }): void {
  if (!isObject(union.discriminator)) return;
  const { propertyName, mapping } = union.discriminator;
  if (typeof propertyName !== "string" || !isObject(mapping)) return;
  delete union.oneOf;
  // One after the other, each in the `else` of the one before: what fits is looked at once.
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

/** Lets what is not null be a flaw of the shape that it should have. */
function orNull(union: { anyOf?: unknown }, parts: unknown[]): void {
  const [shape, other] = parts;
  if (parts.length !== 2 || !isObject(other) || other.type !== "null") return;
  delete union.anyOf;
  Object.assign(union, { if: { type: "null" }, else: shape });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
