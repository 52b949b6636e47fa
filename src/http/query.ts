import { createMiddleware } from "hono/factory";
import { invalid } from "../domain/errors.ts";

/**
 * Middleware that refuses a query that is not percent-encoded UTF-8. The router would take an undecodable
 * query literally.
 * @throws `validation_failed`
 */
export const soundQuery = createMiddleware(async (c, next) => {
  const query = queryOf(c.req.url);
  if (query.includes("%") && !isDecodable(query)) throw invalid("query", "must be percent-encoded UTF-8");
  await next();
});

/** The query of a URL: everything after its first question mark; empty if there is none. */
export function queryOf(url: string): string {
  const mark = url.indexOf("?");
  return mark === -1 ? "" : url.slice(mark + 1);
}

/** Whether the percent-encoded bytes of a text are UTF-8. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
