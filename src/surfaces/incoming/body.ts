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
 * @throws `too_large`; `validation_failed` for what is neither, and for a body that has not come whole
 */
export async function postedJson(request: HonoRequest): Promise<unknown> {
  const bytes = await readUpTo(request.raw, LIMITS.hookPostBytes);
  const type = request.header("Content-Type") ?? "";
  if (!FORMS.some((form) => type.toLowerCase().startsWith(form))) return parseJson(decodeUtf8(bytes), "body");
  for (const field of FIELDS) {
    const value = (await formOf(bytes, type)).get(field);
    if (typeof value === "string") return parseJson(value, `body.${field}`);
  }
  throw invalid("body", "must be JSON, or a form with JSON in the field `payload`");
}

async function formOf(bytes: Uint8Array, type: string): Promise<FormData> {
  try {
    return await new Response(new Uint8Array(bytes), { headers: { "Content-Type": type } }).formData();
  } catch {
    throw invalid("body", "must be a whole form");
  }
}
