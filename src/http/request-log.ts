import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { log } from "../lib/logger.ts";

/**
 * One line for each request: method, route (the pattern, so no id or query string), status and
 * milliseconds. It reads the response and never touches it: a 101 must pass as it is.
 */
export const requestLog: MiddlewareHandler = async (c, next) => {
  const started = Date.now();
  await next();
  const status = c.res.status;
  const level = status >= 500 ? "error" : "info";
  log(level, "request", {
    method: c.req.method,
    route: routePath(c, -1),
    status,
    ms: Date.now() - started,
    ray: c.req.header("cf-ray"),
  });
};
