import { z } from "zod";
import { CoreError, invalid } from "../domain/errors.ts";
import { decodeUtf8, readUpTo } from "./body.ts";
import { parseJson, requireSound } from "./json.ts";
import { isDecodable, queryOf } from "./query.ts";
import { readParameters } from "./uploads/header-parameters.ts";

/** What a call says, by name; a name that stands there more than once has a list. */
export type Fields = Record<string, unknown>;

const FORM = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data";
/** The last of the characters which JSON lets stand before its first brace. */
const SPACE = 0x20;
const BRACE = 0x7b;

/** How a surface's calls speak. `forms`: bodies may be forms too, urlencoded or multipart. */
export interface FieldOptions {
  maxBytes: number;
  forms: boolean;
}

/**
 * What a call says in its query and its body; the body has the last word. A body that begins with a brace is read
 * as JSON, whatever `Content-Type` says.
 * @throws `validation_failed` for what is malformed, `too_large`
 */
export async function fieldsOf(request: Request, speech: FieldOptions): Promise<Fields> {
  return { ...queryFields(request), ...(await bodyFields(request, speech)) };
}

/** What stands in the query. @throws `validation_failed` */
export function queryFields({ url }: Request): Fields {
  return listed(decoded(queryOf(url), "query"), "query");
}

/** What stands in the body; an empty one says nothing. @throws as `fieldsOf` */
export async function bodyFields(request: Request, { maxBytes, forms }: FieldOptions): Promise<Fields> {
  const type = request.headers.get("Content-Type") ?? "";
  const essence = readParameters(type)?.value;
  const bytes = await readUpTo(request, maxBytes);
  const isObject = bytes[bytes.findIndex((byte) => byte > SPACE)] === BRACE;
  if (forms && !isObject && essence === MULTIPART) return listed(await multipart(bytes, type), "body");
  const text = decodeUtf8(bytes);
  if (text.trim() === "") return {};
  if (forms && !isObject && essence === FORM) return listed(decoded(text, "body"), "body");
  return jsonFields(text);
}

/** What stands in JSON. @throws `validation_failed` for what is no object, or cannot be stored */
export function jsonFields(text: string): Fields {
  if (text.trim() === "") return {};
  const value = parseJson(text, "body");
  requireSound(value, "body");
  const object = JsonObject.safeParse(value);
  if (!object.success) throw invalid("body", "must be a JSON object");
  return object.data;
}

const JsonObject = z.record(z.string(), z.unknown());

function decoded(text: string, path: string): URLSearchParams {
  if (!isDecodable(text)) throw invalid(path, "must be percent-encoded UTF-8");
  return new URLSearchParams(text);
}

async function multipart(bytes: Uint8Array, type: string): Promise<FormData> {
  // The runtime puts U+FFFD in the place of what it cannot read; no call has bytes in its fields.
  decodeUtf8(bytes);
  const form = new Response(bytes, { headers: { "Content-Type": type } });
  return form.formData().catch(() => {
    throw invalid("body", "must be a complete multipart form");
  });
}

/** Fields that come one by one. @throws `validation_failed` for text that cannot be stored */
export function listed(entries: Iterable<[string, unknown]>, path: string): Fields {
  const fields = new Map<string, unknown[]>();
  for (const [name, value] of entries) {
    const values = fields.get(name);
    // Never copied: a small body may have the same name a hundred thousand times.
    if (values) values.push(value);
    else fields.set(name, [value]);
  }
  const found = [...fields].map(([name, values]) => [name, values.length > 1 ? values : values[0]]);
  const all: Fields = Object.fromEntries(found);
  requireSound(all, path);
  return all;
}

/** So many of the fields that are wrong are named: a list may have a hundred thousand of them. */
const MOST_NAMED = 20;

/** What a call says, as its schema wants it. @throws `validation_failed`, naming the first fields that are not so */
export function checked<T>(schema: z.ZodType<T>, fields: unknown): T {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, MOST_NAMED).map(({ path, message }) => ({
    path: path.map(String).join("."),
    message,
  }));
  const detail = errors
    .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
    .join("; ");
  const [first] = parsed.error.issues;
  const isAbsent = given(fields, first?.path ?? []) === undefined;
  const isExcess = first?.code === "custom" && first.params?.excess === true;
  throw new CoreError("validation_failed", detail, {
    errors,
    ...(isAbsent && { absent: true }),
    ...(isExcess && { excess: true }),
  });
}

/** What stands at a place among the fields; null is as nothing. */
function given(fields: unknown, path: PropertyKey[]): unknown {
  return (
    path.reduce((inner, key) => (inner ? Reflect.get(Object(inner), key) : undefined), fields) ?? undefined
  );
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
