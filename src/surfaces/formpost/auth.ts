import { createMiddleware } from "hono/factory";
import { LIMITS } from "../../domain/limits.ts";
import { identify } from "../../http/access/identify.ts";
import type { CallerEnv } from "../../http/env.ts";
import { bodyFields, type FieldOptions, type Fields } from "../../http/fields.ts";

/** The context of handlers: the caller, and the fields of the body. */
export interface FormEnv extends CallerEnv {
  Variables: CallerEnv["Variables"] & { fields: Fields };
}

/** A form takes a hundred bytes or more for each member of a new group, which is less. */
const BODY: FieldOptions = { maxBytes: LIMITS.writtenBytes, forms: true };

const BEARER = /^Bearer +/i;

/**
 * Middleware that reads the body and requires a token: the field `token`, else the header `Authorization`,
 * with or without `Bearer`, else the header `token`. Sets `caller` and `fields`.
 * @throws `validation_failed`, `too_large`, `unauthenticated`, `rate_limited`
 */
export const authenticated = createMiddleware<FormEnv>(async (c, next) => {
  const fields = await bodyFields(c.req.raw, BODY);
  const authorization = c.req.header("Authorization")?.replace(BEARER, "");
  const token = tokenField(fields.token) || authorization || c.req.header("token");
  c.set("caller", await identify(c, token, "token: must be there, in the body or in a header"));
  c.set("fields", fields);
  await next();
});

/** The field `token`. A value of another type than string is an invalid token: no header replaces it. */
function tokenField(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : "not a text";
}
