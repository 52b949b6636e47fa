import { createMiddleware } from "hono/factory";
import { checkServerKey } from "../../core/server/server-keys.ts";
import { CoreError } from "../../domain/errors.ts";
import { looksLikeServerKey, type ServerKey, type ServerScope } from "../../domain/server/server-key.ts";
import type { ServerEnv } from "../env.ts";
import { bearer } from "./bearer.ts";
import { type Cost, type CountingAddress, countKey, countRefused } from "./rate-limit.ts";

/**
 * The key that a backend has sent, with this scope. Counts the call towards the key's rate limit; a call with
 * a key that does not work counts by address.
 * @param token of the call; undefined: it has none
 * @throws `unauthenticated` without a key that works; `forbidden` for a page, and without the scope;
 *   `rate_limited`
 */
export async function requireServerKey(
  c: CountingAddress,
  token: string | undefined,
  scope: ServerScope,
  cost?: Cost,
): Promise<ServerKey> {
  if (!looksLikeServerKey(token))
    throw new CoreError(
      "unauthenticated",
      "This call needs a server key: send it as `Authorization: Bearer psk_…`.",
      { token: "invalid" },
    );
  // Whoever opens the page could read the key.
  if (c.req.header("Origin") !== undefined)
    throw new CoreError("forbidden", "A server key works from a backend alone, never from a page.");
  const key = await checkServerKey(c.var.core, token);
  if (!key) {
    await countRefused(c, "key");
    throw new CoreError(
      "unauthenticated",
      "The server key does not work: it is wrong, revoked or has ended.",
      {
        token: "invalid",
      },
    );
  }
  if (!key.scopes.includes(scope))
    throw new CoreError("forbidden", `The server key lacks the scope \`${scope}\`.`);
  await countKey(c, key.id, cost);
  return key;
}

/**
 * Middleware of the calls of backends: requires a key with a scope, and sets `key`.
 * @throws as `requireServerKey`
 */
export function withServerKey(scope: ServerScope, cost?: Cost) {
  return createMiddleware<ServerEnv>(async (c, next) => {
    c.set("key", await requireServerKey(c, bearer(c.req.header("Authorization")), scope, cost));
    await next();
  });
}
