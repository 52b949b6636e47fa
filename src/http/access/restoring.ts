import { createMiddleware } from "hono/factory";
import { CoreError } from "../../domain/errors.ts";
import type { AppEnv } from "../env.ts";

/** What answers while a backup is being restored: the restore itself, and what has no data of anybody. */
const OPEN = /^\/(v1\/server\/backup\/|healthz$|openapi\.json$|asyncapi\.json$)/;

/**
 * Middleware that refuses all other requests while the setting `RESTORE` is on: nobody reaches a deployment
 * that has a part of its data.
 * @throws `unavailable`
 */
export const requireServing = createMiddleware<AppEnv>(async (c, next) => {
  if (c.var.core.settings.isRestoring && !OPEN.test(c.req.path))
    throw new CoreError("unavailable", "This server is being restored from a backup. Try again later.", {
      retryAfter: 60,
    });
  await next();
});
