import { z } from "zod";
import { CoreError, invalid } from "../domain/errors.ts";
import { decodeUtf8, readUpTo } from "./body.ts";
import { parseJson, requireSound } from "./json.ts";
import { isDecodable, queryOf } from "./query.ts";
import { readParameters } from "./uploads/header-parameters.ts";

/** The correction of a missing value. */
const MISSING = "must be there";

/** What a value must be, by zod's names of types. */
const NOUNS: Record<string, string> = {
  ...{ string: "a string", number: "a number", int: "an integer", boolean: "true or false" },
  ...{ array: "an array", object: "an object", record: "an object", null: "null" },
};

/**
 * The correction of an invalid value, for people: what zod would say is about schemas. A schema with an error
 * of its own keeps it.
 */
function issueInWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${NOUNS[issue.expected] ?? `of the type ${issue.expected}`}`;
    case "invalid_value":
      return `must be ${issue.values.map(String).join(", ")}`.replace(/, ([^,]*)$/, " or $1");
    case "too_small":
      return `must ${bound(issue.origin, "at least", issue.minimum)}`;
    case "too_big":
      return `must ${bound(issue.origin, "at most", issue.maximum)}`;
    case "invalid_union":
    case "invalid_format":
      return "has an invalid form";
    default:
      return undefined;
  }
}

function bound(origin: string, word: string, limit: number | bigint): string {
  if (origin === "string") return `have ${word} ${limit} characters`;
  if (origin === "array" || origin === "set") return `have ${word} ${limit} items`;
  return `be ${word} ${limit}`;
}

/** The parameters of a call, by name. A name that occurs more than once has an array of its values. */
export type Fields = Record<string, unknown>;

const FORM = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data";
/** The highest code of the whitespace that JSON allows before its first brace. */
const SPACE = 0x20;
const BRACE = 0x7b;

/**
 * How a surface reads bodies. `maxBytes`: of a body. `forms`: bodies may be forms, too, urlencoded or
 * multipart.
 */
export interface FieldOptions {
  maxBytes: number;
  forms: boolean;
}

/**
 * The parameters of a call, from its query and its body. The body overrides the query. A body that begins
 * with a brace is read as JSON, whatever its `Content-Type`.
 * @throws `validation_failed` for a malformed query or body, `too_large`
 */
export async function fieldsOf(request: Request, options: FieldOptions): Promise<Fields> {
  return { ...queryFields(request), ...(await bodyFields(request, options)) };
}

/**
 * The parameters of the query.
 * @throws `validation_failed`
 */
export function queryFields({ url }: Request): Fields {
  return listed(decodeParameters(queryOf(url), "query"), "query");
}

/**
 * The parameters of the body; an empty body has none.
 * @throws as `fieldsOf`
 */
export async function bodyFields(request: Request, { maxBytes, forms }: FieldOptions): Promise<Fields> {
  const type = request.headers.get("Content-Type") ?? "";
  const essence = readParameters(type)?.value;
  const bytes = await readUpTo(request, maxBytes);
  if (bytes.length === 0) return {};
  const isObject = bytes[bytes.findIndex((byte) => byte > SPACE)] === BRACE;
  if (forms && !isObject && essence === MULTIPART) return listed(await multipart(bytes, type), "body");
  const text = decodeUtf8(bytes);
  if (text.trim() === "") return {};
  if (forms && !isObject && essence === FORM) return listed(decodeParameters(text, "body"), "body");
  return jsonFields(text);
}

/**
 * The parameters of a JSON object; an empty text has none.
 * @throws `validation_failed` for another value, or text that cannot be stored
 */
export function jsonFields(text: string): Fields {
  if (text.trim() === "") return {};
  const value = parseJson(text, "body");
  requireSound(value, "body");
  const object = JsonObject.safeParse(value);
  if (!object.success) throw invalid("body", "must be a JSON object");
  return object.data;
}

const JsonObject = z.record(z.string(), z.unknown());

function decodeParameters(text: string, path: string): URLSearchParams {
  if (!isDecodable(text)) throw invalid(path, "must be percent-encoded UTF-8");
  return new URLSearchParams(text);
}

async function multipart(bytes: Uint8Array, type: string): Promise<FormData> {
  // The runtime would replace malformed UTF-8 by U+FFFD. No call has binary fields, so it is refused here.
  decodeUtf8(bytes);
  const form = new Response(bytes, { headers: { "Content-Type": type } });
  return form.formData().catch(() => {
    throw invalid("body", "must be a complete multipart form");
  });
}

/**
 * Parameters of a list of entries.
 * @param path of the entries in errors: `query` or `body`
 * @throws `validation_failed` for text that cannot be stored
 */
export function listed(entries: Iterable<[string, unknown]>, path: string): Fields {
  const valuesByName = new Map<string, unknown[]>();
  for (const [name, value] of entries) {
    const values = valuesByName.get(name);
    // Pushed, not copied: a small body may have the same name a hundred thousand times.
    if (values) values.push(value);
    else valuesByName.set(name, [value]);
  }
  const collapsed = [...valuesByName].map(([name, values]) => [name, values.length > 1 ? values : values[0]]);
  const fields: Fields = Object.fromEntries(collapsed);
  requireSound(fields, path);
  return fields;
}

/** The most invalid fields that an error lists: a list may have a hundred thousand of them. */
export const MAX_ERRORS = 20;

/**
 * The parameters, parsed by their schema.
 * @throws `validation_failed` with the first 20 invalid fields in `errors`. `absent`: the first of them is
 *   missing or null. `excess`: the first of them is a text with too many characters (`textUpTo`).
 */
export function checked<T>(schema: z.ZodType<T>, fields: unknown): T {
  const parsed = schema.safeParse(fields, { error: issueInWords });
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, MAX_ERRORS).map(({ code, path, message }) => ({
    path: path.map(String).join("."),
    // A missing value is not "a string" of the wrong kind. Refinements say themselves what is missing.
    message: code !== "custom" && isMissing(fields, path) ? MISSING : message,
  }));
  const detail = errors
    .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
    .join("; ");
  const [first] = parsed.error.issues;
  const isAbsent = isMissing(fields, first?.path ?? []);
  const isExcess = first?.code === "custom" && first.params?.excess === true;
  throw new CoreError("validation_failed", detail, {
    errors,
    ...(isAbsent && { absent: true }),
    ...(isExcess && { excess: true }),
  });
}

/** Whether the value at a path among the fields is missing or null. */
function isMissing(fields: unknown, path: PropertyKey[]): boolean {
  const value = path.reduce((inner, key) => (inner ? Reflect.get(Object(inner), key) : undefined), fields);
  return value === undefined || value === null;
}

/** An integer, as a number or as decimal digits: clients of the older APIs send either. */
export const integer = z.union(
  [
    z.int(),
    z
      .string()
      .regex(/^-?\d{1,16}$/)
      .transform(Number)
      .pipe(z.int()),
  ],
  { error: "must be an integer" },
);

/** The size of a page: a positive integer. A larger one than `most` is reduced to it. */
export function pageSize(most: number) {
  const positive = integer.pipe(z.int().positive({ error: "must be a positive integer" }));
  return positive.transform((size) => Math.min(size, most));
}
