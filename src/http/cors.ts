import { createMiddleware } from "hono/factory";
import type { AppEnv } from "./env.ts";
import { allowsOrigin } from "./origin.ts";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS =
  "Authorization, token, Content-Type, Range, X-APP-Key, X-APP-Session, X-HA-Key, X-HA-Session";
/** Without a wildcard: `X-Rate-Limit-*` has to be told one by one. */
const RESPONSE_HEADERS =
  "ETag, Content-Range, Retry-After, X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Reset, X-Rate-Limit-Bucket";
/** Seconds for which a browser may keep a preflight's answer; Chromium keeps none longer. */
const MAX_AGE = "7200";

/**
 * Lets pages of the allowed origins read every answer, errors too, without credentials: tokens travel in
 * headers. Stands before the routes. A preflight gets 204 on every path: it asks who may call, and a
 * page should be able to read the 404 or 405 that follows. A foreign page's call is served without a
 * word of CORS; its browser keeps the answer from it.
 */
export const cors = createMiddleware<AppEnv>(async (c, next) => {
  const origin = c.req.header("Origin");
  const { settings } = c.var.core;
  const isPreflight = c.req.method === "OPTIONS" && origin !== undefined;
  if (isPreflight) c.res = new Response(null, { status: 204 });
  else await next();
  // An upgrade's answer passes as it is: made anew it would lose its socket. CORS does not cover it.
  if (c.res.status === 101) return;
  c.header("Vary", "Origin", { append: true });
  if (origin === undefined || !allowsOrigin(settings, origin, c.req.raw)) return;
  c.header("Access-Control-Allow-Origin", settings.allowedOrigins === "*" ? "*" : origin);
  c.header("Access-Control-Expose-Headers", RESPONSE_HEADERS);
  if (!isPreflight) return;
  c.header("Access-Control-Allow-Methods", METHODS);
  c.header("Access-Control-Allow-Headers", REQUEST_HEADERS);
  c.header("Access-Control-Max-Age", MAX_AGE);
});
