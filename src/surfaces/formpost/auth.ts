import { createMiddleware } from "hono/factory";
import type { CallerEnv } from "../../http/env.ts";
import { bodyFields, type FieldOptions, type Fields } from "../../http/fields.ts";
import { identify } from "../../http/identify.ts";

/** What handlers find: who calls, and what the body says. */
export interface FormEnv extends CallerEnv {
  Variables: CallerEnv["Variables"] & { fields: Fields };
}

/** A form takes a hundred bytes or more for each of a group's members. */
const SPEECH: FieldOptions = { maxBytes: 256 * 1024, forms: true };

const BEARER = /^Bearer +/i;

/**
 * Reads the body, in which a token may stand, and lets in whose it is; else a header has it: `Authorization`, with
 * or without `Bearer`, or `token`.
 * @throws `validation_failed`, `too_large`, `unauthenticated`, `rate_limited`
 */
export const authenticated = createMiddleware<FormEnv>(async (c, next) => {
  const fields = await bodyFields(c.req.raw, SPEECH);
  const authorization = c.req.header("Authorization")?.replace(BEARER, "");
  const token = parameter(fields.token) || authorization || c.req.header("token");
  c.set("caller", await identify(c, token, "token: must be there, in the body or in a header"));
  c.set("fields", fields);
  await next();
});

/** What is no text is no token either, and no header stands in for it. */
function parameter(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : "not a text";
}
