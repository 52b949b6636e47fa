import { createMiddleware } from "hono/factory";
import { invalid } from "../domain/errors.ts";

/**
 * Refuses a query that is not percent-encoded UTF-8: the router would read what it cannot decode as it
 * stands. @throws `validation_failed`
 */
export const soundQuery = createMiddleware(async (c, next) => {
  const query = queryOf(c.req.url);
  if (query.includes("%") && !isDecodable(query)) throw invalid("query", "must be percent-encoded UTF-8");
  await next();
});

/** What stands behind the first question mark of an address, further ones too. */
export function queryOf(url: string): string {
  const mark = url.indexOf("?");
  return mark === -1 ? "" : url.slice(mark + 1);
}

/** Whether what is percent-encoded in a text is UTF-8. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
