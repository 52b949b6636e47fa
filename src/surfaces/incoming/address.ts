import type { Context } from "hono";
import { requireHook } from "../../core/groups/incoming-hooks.ts";
import { isNotFound } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { countRefused } from "../../http/access/rate-limit.ts";
import type { AppEnv } from "../../http/env.ts";

/** Both parts of a hook's URL. */
export interface HookAddress {
  hook: string;
  secret: string;
}

/**
 * The hook that a path names, before anything of the body is read. A URL that no hook has counts by address.
 * @returns it, and who answers for it
 * @throws as `requireHook`; `rate_limited`
 */
export async function requireAddress(c: Context<AppEnv>): Promise<{ url: HookAddress; maker: UserId }> {
  const url = { hook: c.req.param("id") ?? "", secret: c.req.param("secret") ?? "" };
  try {
    const { createdBy: maker } = await requireHook(c.var.core, url);
    return { url, maker };
  } catch (error) {
    if (isNotFound(error)) await countRefused(c, "hook");
    throw error;
  }
}
