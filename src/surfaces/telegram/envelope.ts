import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** A success in this API's envelope. */
export function succeed(c: Context, result: unknown): Response {
  return c.json({ ok: true, result });
}

/** A failure in this API's envelope. The status of the answer is its code. */
export function fail(
  c: Context,
  code: ContentfulStatusCode,
  description: string,
  parameters?: { retry_after: number },
): Response {
  return c.json({ ok: false, error_code: code, description, ...(parameters && { parameters }) }, code);
}
