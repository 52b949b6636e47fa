import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";
import { REQUEST_ID } from "../request-id.ts";
import { allowsOrigin, noteRefusedOrigin } from "./origin.ts";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS =
  "Authorization, token, Content-Type, Range, X-APP-Key, X-APP-Session, X-HA-Key, X-HA-Session";
/** The header takes no patterns: every `X-Rate-Limit-*` is listed. */
const RESPONSE_HEADERS =
  `ETag, Content-Range, Retry-After, WWW-Authenticate, ${REQUEST_ID}, ` +
  "X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Reset, X-Rate-Limit-Bucket";
/** Seconds for which a browser may cache a preflight's answer: Chromium's upper limit. */
const MAX_AGE = "7200";

/**
 * Middleware that lets pages of the allowed origins read every answer, errors included. No credentials are
 * allowed: tokens travel in headers. It runs before the routes.
 * - A preflight gets 204 on every path, so that a page can read the 404 or 405 of the call that follows.
 * - A call of a page of another origin is served without CORS headers; the browser withholds the answer from
 *   the page.
 */
export const cors = createMiddleware<AppEnv>(async (c, next) => {
  const origin = c.req.header("Origin");
  const { settings } = c.var.core;
  const isPreflight = c.req.method === "OPTIONS" && origin !== undefined;
  if (isPreflight) c.res = new Response(null, { status: 204 });
  else await next();
  // CORS does not cover sockets, and the headers of a 101, which an object has answered, cannot be changed.
  if (c.res.status === 101) return;
  // `c.header` would copy the answer, body included.
  const { headers } = c.res;
  headers.append("Vary", "Origin");
  if (origin === undefined) return;
  if (!allowsOrigin(settings, origin, c.req.raw)) return noteRefusedOrigin(origin, "calls");
  headers.set("Access-Control-Allow-Origin", settings.allowedOrigins === "*" ? "*" : origin);
  headers.set("Access-Control-Expose-Headers", RESPONSE_HEADERS);
  if (!isPreflight) return;
  headers.set("Access-Control-Allow-Methods", METHODS);
  headers.set("Access-Control-Allow-Headers", REQUEST_HEADERS);
  headers.set("Access-Control-Max-Age", MAX_AGE);
});
