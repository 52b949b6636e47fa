import type { HonoRequest } from "hono";
import { invalid } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import { decodeUtf8, readUpTo } from "../../http/body.ts";
import { parseJson } from "../../http/json.ts";

/** The fields of forms with JSON: of Slack and GitHub, of Discord beside files, of Uptime Kuma. */
const FIELDS = ["payload", "payload_json", "data"];

const FORMS = ["application/x-www-form-urlencoded", "multipart/form-data"];

/**
 * The JSON of a request, from its body or from the field of a form.
 * @param shape `hasFields`: the fields of a form without JSON are an object
 * @throws `too_large`; `validation_failed` for what is neither, and for a body that has not come whole
 */
export async function posted(
  request: HonoRequest,
  { hasFields = false }: { hasFields?: boolean },
): Promise<{ body: unknown; hasFiles: boolean }> {
  const bytes = await readUpTo(request.raw, LIMITS.hookPostBytes);
  const type = request.header("Content-Type") ?? "";
  if (!FORMS.some((form) => type.toLowerCase().startsWith(form)))
    return { body: parseJson(decodeUtf8(bytes), "body"), hasFiles: false };
  const form = await formOf(bytes, type);
  const hasFiles = [...form.values()].some((value) => typeof value !== "string");
  const body = jsonOf(Object.fromEntries(form), hasFields);
  return { body, hasFiles };
}

/** The JSON in one of the fields of a form. @param hasFields without one it is the fields themselves */
export function jsonOf(fields: Readonly<Record<string, unknown>>, hasFields: boolean): unknown {
  for (const field of FIELDS) {
    const value = fields[field];
    if (typeof value === "string") return parseJson(value, `body.${field}`);
  }
  if (hasFields) return fields;
  throw invalid("body", "must be JSON, or a form with JSON in the field `payload`");
}

async function formOf(bytes: Uint8Array, type: string): Promise<FormData> {
  try {
    return await new Response(new Uint8Array(bytes), { headers: { "Content-Type": type } }).formData();
  } catch {
    throw invalid("body", "must be a whole form");
  }
}
