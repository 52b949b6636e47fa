import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { log } from "../lib/logger.ts";
import type { AppEnv } from "./env.ts";

/**
 * Middleware that logs one line for each request: method, route (the pattern, so neither ids nor the query),
 * status and milliseconds. With `REQUEST_LOG=failures` only answers from 500 on get one. It never changes the
 * response: a 101 must pass unchanged.
 */
export const requestLog = createMiddleware<AppEnv>(async (c, next) => {
  const started = Date.now();
  await next();
  const status = c.var.refusedWith ?? c.res.status;
  const hasFailed = status >= 500;
  if (!hasFailed && c.var.core.settings.requestLog === "failures") return;
  log(hasFailed ? "error" : "info", "request", {
    method: c.req.method,
    route: routePath(c, -1),
    status,
    ms: Date.now() - started,
  });
});
