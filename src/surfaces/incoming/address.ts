import type { Context } from "hono";
import { requireHook } from "../../core/groups/incoming-hooks.ts";
import { isNotFound } from "../../domain/errors.ts";
import { countRefused } from "../../http/access/rate-limit.ts";
import type { AppEnv } from "../../http/env.ts";

/** Both parts of a hook's URL. */
export interface HookAddress {
  hook: string;
  secret: string;
}

/**
 * The hook that a path names, before anything of the body is read. A URL that no hook has counts by address.
 * @throws as `requireHook`; `rate_limited`
 */
export async function requireAddress(c: Context<AppEnv>): Promise<HookAddress> {
  const url = { hook: c.req.param("id") ?? "", secret: c.req.param("secret") ?? "" };
  try {
    await requireHook(c.var.core, url);
    return url;
  } catch (error) {
    if (isNotFound(error)) await countRefused(c, "hook");
    throw error;
  }
}
