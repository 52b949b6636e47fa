import { createMiddleware } from "hono/factory";

/**
 * Lets clients cache an answer for five minutes, unless it is a failure. For what changes with a release
 * only.
 */
export const cached = createMiddleware(async (c, next) => {
  await next();
  if (c.res.status < 400) c.header("Cache-Control", "public, max-age=300");
});
