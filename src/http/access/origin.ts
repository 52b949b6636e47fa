import { createMiddleware } from "hono/factory";
import { CoreError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import { log } from "../../lib/logger.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { AppEnv } from "../env.ts";
import { REQUEST_ID } from "../request-log.ts";

/** An isolate logs a refused origin once in this time (ms). */
const LOG_AGAIN_MS = 10 * 60_000;
/** The refused origins that an isolate remembers to have logged, with the time. */
const logged = new LruMap<string, number>(() => 100);

/**
 * Whether pages of an origin may call: it is the Worker's own, or the setting `ALLOWED_ORIGINS` allows it.
 */
function allowsOrigin({ allowedOrigins }: Settings, origin: string, request: Request): boolean {
  if (allowedOrigins === "*" || allowedOrigins.includes(origin)) return true;
  return origin === new URL(request.url).origin;
}

/** Whether a page of an allowed origin calls. Browsers send `Origin` with every upgrade. */
export function isAllowedPage(settings: Settings, request: Request): boolean {
  const origin = request.headers.get("Origin");
  return origin !== null && allowsOrigin(settings, origin, request);
}

/** Whether a page of an origin that is not allowed calls. */
export function isForeignPage(settings: Settings, request: Request): boolean {
  const origin = request.headers.get("Origin");
  return origin !== null && !allowsOrigin(settings, origin, request);
}

/**
 * Logs that pages of an origin are refused, since their users see no reason: an operator may have to allow
 * it.
 * @param of what is refused: the answers to calls, or a socket
 */
function noteRefusedOrigin(origin: string, of: "calls" | "socket"): void {
  const now = Date.now();
  const shown = shownOrigin(origin);
  if ((logged.get(`${of} ${shown}`) ?? 0) > now - LOG_AGAIN_MS) return;
  logged.set(`${of} ${shown}`, now);
  log("warn", "origin_refused", { origin: shown, of, detail: "It is not in ALLOWED_ORIGINS." });
}

/** An origin for the log: what a client sends may be anything. */
function shownOrigin(origin: string): string {
  if (origin === "null") return origin;
  return URL.canParse(origin) ? new URL(origin).origin.slice(0, 128) : "invalid";
}

/**
 * Refuses the upgrade of a page whose origin is not allowed. CORS does not cover upgrades, but browsers
 * always send `Origin` with them. Other clients send no `Origin`, and pass.
 * @throws `forbidden`
 */
export function checkOrigin(settings: Settings, request: Request): void {
  if (isForeignPage(settings, request)) throw originRefused(request);
}

/** The `forbidden` for the socket of a page whose origin is not allowed, which the log gets to know. */
export function originRefused(request: Request): CoreError {
  noteRefusedOrigin(request.headers.get("Origin") ?? "", "socket");
  return new CoreError(
    "forbidden",
    "Pages of this origin may not open sockets here (setting ALLOWED_ORIGINS).",
  );
}

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
  const { settings } = c.get("core");
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
