import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";

/** The headers of every answer whose route sets none of its own. */
const DEFAULTS = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

/**
 * Middleware that keeps answers out of caches, and browsers from guessing their type: answers contain tokens
 * and messages, and caches do not know every header that carries a token. A route that sets `Cache-Control`
 * itself, such as that of files, keeps its own. It runs before the routes, so that errors have the headers,
 * too. A 101 passes unchanged.
 */
export const privateAnswers = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  if (c.res.status === 101) return;
  // `c.header` would copy the answer, body included.
  const { headers } = c.res;
  for (const [name, value] of Object.entries(DEFAULTS)) if (!headers.has(name)) headers.set(name, value);
});
