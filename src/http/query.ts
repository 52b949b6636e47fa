import { createMiddleware } from "hono/factory";
import { invalid } from "../core/errors.ts";

/**
 * Refuses a query that is not percent-encoded UTF-8: the router would read what it cannot decode as it
 * stands. @throws `validation_failed`
 */
export const soundQuery = createMiddleware(async (c, next) => {
  const [, query = ""] = c.req.url.split("?", 2);
  if (query.includes("%") && !isDecodable(query)) throw invalid("query", "must be percent-encoded UTF-8");
  await next();
});

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
