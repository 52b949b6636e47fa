import { createMiddleware } from "hono/factory";
import { CoreError } from "../../domain/errors.ts";
import type { AppEnv } from "../env.ts";

/** Addresses that only this machine or its network reaches: loopback, private (RFC 1918), link-local. */
const LOCAL =
  /^(localhost|.+\.localhost|.+\.local|127\.[\d.]+|10\.[\d.]+|192\.168\.[\d.]+|172\.(1[6-9]|2\d|3[01])\.[\d.]+|169\.254\.[\d.]+|\[(::1?|f[cd][\da-f:]+|fe[89ab][\da-f:]+)\]|0\.0\.0\.0)$/;

/**
 * Middleware that refuses all requests to a public address while a setting is fit for development only. Such
 * a server must not seem to work.
 * @throws `internal`, naming the setting
 */
export const requireSafeSettings = createMiddleware<AppEnv>(async (c, next) => {
  const { unsafe } = c.get("core").settings;
  if (unsafe !== null && !LOCAL.test(new URL(c.req.url).hostname))
    throw new CoreError("internal", `This server is not safe for a public address: ${unsafe}.`);
  await next();
});

/** What answers while a backup is being restored: the restore itself, and what has no data of anybody. */
const OPEN = /^\/(v1\/server\/backup\/|healthz$|openapi\.json$|asyncapi\.json$)/;

/**
 * Middleware that refuses all other requests while the setting `RESTORE` is on: nobody reaches a deployment
 * that has a part of its data.
 * @throws `unavailable`
 */
export const requireServing = createMiddleware<AppEnv>(async (c, next) => {
  if (c.get("core").settings.isRestoring && !OPEN.test(c.req.path))
    throw new CoreError("unavailable", "This server is being restored from a backup. Try again later.", {
      retryAfter: 60,
    });
  await next();
});

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
