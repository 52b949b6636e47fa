import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { log } from "../lib/logger.ts";

/**
 * Middleware that logs one line for each request: method, route (the pattern, so neither ids nor the query),
 * status and milliseconds. It never changes the response: a 101 must pass unchanged.
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
