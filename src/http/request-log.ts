import type { HonoRequest } from "hono";
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { log, withLogFields } from "../lib/logger.ts";
import type { AppEnv } from "./env.ts";

/** The header of every answer with the id of its request. */
export const REQUEST_ID = "X-Request-Id";

const RAY = /^[\w-]{8,64}$/;

/**
 * Middleware that gives each request an id. The lines that the Worker logs for the request have it as
 * `request`, the answer as `X-Request-Id`. It runs before all other middleware, so that errors have it, too.
 * A 101 passes unchanged: an object answered it, and browsers do not show its headers.
 */
export const requestId = createMiddleware<AppEnv>(async (c, next) => {
  const request = idOf(c.req);
  await withLogFields({ request }, next);
  // `c.header` would copy the answer, body included.
  if (c.res.status !== 101) c.res.headers.set(REQUEST_ID, request);
});

/** Cloudflare's `cf-ray`, or a random id where none came. */
function idOf(request: HonoRequest): string {
  const ray = request.header("cf-ray") ?? "";
  return RAY.test(ray) ? ray : crypto.randomUUID();
}

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
  if (!hasFailed && c.get("core").settings.requestLog === "failures") return;
  log(hasFailed ? "error" : "info", "request", {
    method: c.req.method,
    route: routePath(c, -1),
    status,
    ms: Date.now() - started,
  });
});
