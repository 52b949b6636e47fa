import type { HonoRequest } from "hono";
import { createMiddleware } from "hono/factory";
import { withLogFields } from "../lib/logger.ts";
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
