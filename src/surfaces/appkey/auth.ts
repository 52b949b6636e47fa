import { createMiddleware } from "hono/factory";
import { timingSafeEqual } from "hono/utils/buffer";
import { CoreError } from "../../domain/errors.ts";
import { identify } from "../../http/access/identify.ts";
import { countRefused, requireTries } from "../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../http/env.ts";

/**
 * Middleware that requires the key of a known app and the session token of a user. The API's document has two
 * spellings of both headers; every call accepts both.
 * @throws `unauthenticated`, `rate_limited`
 */
export const authenticated = createMiddleware<CallerEnv>(async (c, next) => {
  const key = c.req.header("X-APP-Key") ?? c.req.header("X-HA-Key");
  requireTries(c);
  if (!(await isKnownKey(c.var.core.settings.appKeys, key))) {
    if (key !== undefined) c.var.core.securityLog.record("wrong_key", { user: null, by: null, key: "app" });
    if (key) await countRefused(c, "key");
    throw new CoreError("unauthenticated", "X-APP-Key: must be there, the key of an app that is known here");
  }
  const session = c.req.header("X-APP-Session") ?? c.req.header("X-HA-Session");
  c.set("caller", await identify(c, session, "X-APP-Session: must be there, the session of a user"));
  await next();
});

/**
 * Compares all known keys, each in constant time, so that the time reveals nothing.
 * @throws `unauthenticated` if no key is known
 */
async function isKnownKey(keys: string[], key: string | undefined): Promise<boolean> {
  if (keys.length === 0)
    throw new CoreError("unauthenticated", "X-APP-Key: this server knows no app: set APP_KEYS");
  const matches = await Promise.all(keys.map((known) => timingSafeEqual(known, key ?? "")));
  return matches.includes(true);
}
