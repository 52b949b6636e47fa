import { z } from "zod";
import { LAST_TIME } from "../../../src/lib/stored-time.ts";

/** A JSON Schema, as far as this file reads it. */
interface Schema {
  $ref?: string | undefined;
  type?: string | string[] | undefined;
  format?: string | undefined;
  const?: unknown;
  enum?: unknown[] | undefined;
  default?: unknown;
  example?: unknown;
  minimum?: number | undefined;
  maximum?: number | undefined;
  required?: string[] | undefined;
  properties?: Record<string, Schema> | undefined;
  items?: Schema | undefined;
  minItems?: number | undefined;
  anyOf?: Schema[] | undefined;
  oneOf?: Schema[] | undefined;
  allOf?: Schema[] | undefined;
}
const Schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    format: z.string().optional(),
    const: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    default: z.unknown().optional(),
    example: z.unknown().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), Schema).optional(),
    items: Schema.optional().catch(undefined),
    minItems: z.number().optional(),
    anyOf: z.array(Schema).optional(),
    oneOf: z.array(Schema).optional(),
    allOf: z.array(Schema).optional(),
  }),
);

/** A number or an address somewhere in the JSON of a schema. */
export interface Leaf {
  /** its path, as in `body.items.seq` */
  path: string;
  /** the least, the most and the impossible */
  values: unknown[];
  /** JSON of the schema with this value there; every field that it needs beside it has one that is right */
  make(value: unknown): unknown;
  /** the same with a value that is right */
  right(): unknown;
}

/**
 * What fields, and the items of lists, hold by their names, where the schema's own example is not right.
 * Undefined: that is.
 */
export type Filling = (field: string) => unknown;

const DAY_MS = 86_400_000;
const NUMBERS = [0, 1, -1, 1.5, 2 ** 31, 253_402_300_800_000, LAST_TIME, LAST_TIME + 1, 9e15];
const UNSAFE = [Number.MAX_SAFE_INTEGER, 2 ** 53, 1e308];
const ADDRESSES = [
  ...["javascript:alert(1)", "data:text/html,x", "https://user:word@example.org/", "//example.org", "x"],
  ...[`https://example.org/${"a".repeat(5_000)}`, "https://example.org/\u202e", 7],
];

/** Reads schemas with the named ones of a document. */
export class Leaves {
  readonly #named: Record<string, unknown>;
  readonly #fill: Filling;

  constructor(named: Record<string, unknown>, fill: Filling) {
    this.#named = named;
    this.#fill = fill;
  }

  /** Every number and every address in the JSON of a schema. */
  of(given: unknown, path = "", depth = 0): Leaf[] {
    const schema = this.#resolved(given);
    if (depth > 8) return [];
    const branches = schema.oneOf ?? schema.anyOf ?? schema.allOf;
    if (branches) return branches.flatMap((one) => this.of(one, path, depth + 1));
    const types = [schema.type].flat();
    if (schema.properties) return this.#inObject(schema, schema.properties, path, depth);
    if (types.includes("array") && schema.items)
      return this.of(schema.items, path, depth + 1).map((leaf) => ({
        ...leaf,
        right: () => [leaf.right()],
        make: (value) => [leaf.make(value)],
      }));
    const field = path.split(".").at(-1) ?? "";
    const isNumber = types.includes("integer") || types.includes("number");
    if (!isNumber && schema.format !== "uri") return [];
    const right = () => this.#right(schema, field);
    return [{ path, right, values: isNumber ? numbersFor(schema) : ADDRESSES, make: (value) => value }];
  }

  #inObject(schema: Schema, properties: Record<string, Schema>, path: string, depth: number): Leaf[] {
    return Object.entries(properties).flatMap(([name, property]) => {
      const beside = () => this.#right(schema, "");
      return this.of(property, path === "" ? name : `${path}.${name}`, depth + 1).map((leaf) => ({
        ...leaf,
        right: () => Object.assign({}, beside(), { [name]: leaf.right() }),
        make: (value: unknown) => Object.assign({}, beside(), { [name]: leaf.make(value) }),
      }));
    });
  }

  /** JSON that fits the schema of a field. */
  right(schema: unknown, field: string): unknown {
    return this.#right(schema, field);
  }

  /** JSON that fits a schema, with the fields that it needs alone. */
  #right(given: unknown, field: string, i = 0): unknown {
    const schema = this.#resolved(given);
    const [type] = [schema.type].flat();
    if (type === "array" && schema.items)
      return Array.from({ length: Math.max(schema.minItems ?? 1, 1) }, (_, at) =>
        this.#right(schema.items, field, at),
      );
    const filled = this.#fill(field);
    if (filled !== undefined) return filled;
    const [branch] = schema.oneOf ?? schema.anyOf ?? schema.allOf ?? [];
    const stated = schema.const ?? schema.enum?.[0] ?? schema.example ?? schema.default;
    if (stated !== undefined && !schema.properties) return stated;
    if (branch) return this.#right(branch, field);
    const needed = schema.required ?? [];
    if (schema.properties)
      return Object.fromEntries(needed.map((name) => [name, this.#right(schema.properties?.[name], name)]));
    if (schema.format === "uri") return "https://example.org/x";
    if (type === "boolean") return false;
    if (type === "integer" || type === "number") return Math.max(schema.minimum ?? 1, 1);
    return type === "object" ? {} : `x${i}`;
  }

  #resolved(given: unknown): Schema {
    const schema = Schema.parse(given ?? {});
    const name = schema.$ref?.split("/").at(-1);
    return name === undefined ? schema : this.#resolved(this.#named[name]);
  }
}

function numbersFor({ minimum, maximum }: Schema): number[] {
  const now = Date.now();
  const bounds = [minimum, maximum].flatMap((bound) => (bound === undefined ? [] : [bound]));
  const beyond = [(minimum ?? 0) - 1, (maximum ?? 0) + 1];
  return [...new Set([...bounds, ...beyond, now, now + 2 * DAY_MS, ...NUMBERS, ...UNSAFE])];
}
