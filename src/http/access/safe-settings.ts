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
  const { unsafe } = c.var.core.settings;
  if (unsafe !== null && !LOCAL.test(new URL(c.req.url).hostname))
    throw new CoreError("internal", `This server is not safe for a public address: ${unsafe}.`);
  await next();
});
