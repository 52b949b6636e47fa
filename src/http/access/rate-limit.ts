import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { AppEnv } from "../env.ts";

/** The part of a context that counting needs: the bindings, and the core with their period. */
type Counting = { env: Env; var: AppEnv["Variables"] };

/**
 * Middleware that counts a call that checks a password or registers, by the client's address. A call without
 * `CF-Connecting-IP` (no Cloudflare in front of the Worker) is not counted. It is the first handler of its
 * route, so that calls with invalid input count, too.
 * @throws `rate_limited` over 600 a minute
 */
export const limitedByAddress = createMiddleware<AppEnv>(async (c, next) => {
  await countFromAddress(c);
  await next();
});

/**
 * The same, for a handler that only finds out while it runs that it checks a password or a key.
 * @throws `rate_limited`
 */
export async function countFromAddress(c: Context<AppEnv>): Promise<void> {
  const address = c.req.header("CF-Connecting-IP");
  if (address === undefined || !c.var.core.settings.rateLimits) return;
  await count(c, c.env.ADDRESS_RATE, address, "Too many sign-ins and registrations from this address.");
}

/**
 * Counts a call of an authenticated user.
 * @throws `rate_limited` over 6,000 a minute
 */
export async function countCall(c: Counting, userId: UserId): Promise<void> {
  if (c.var.core.settings.rateLimits) await count(c, c.env.USER_RATE, String(userId), "Too many calls.");
}

/**
 * Counts a call of an authenticated user in one of the user's buckets. It ignores the setting `RATE_LIMITS`.
 * @throws `rate_limited` over 1,200 a minute
 */
export async function countCallIn(c: Counting, userId: UserId, bucket: string): Promise<void> {
  await count(c, c.env.BUCKET_RATE, `${userId} ${bucket}`, "Too many calls of this kind.");
}

async function count(c: Counting, rate: RateLimit, key: string, detail: string): Promise<void> {
  const { success } = await rate.limit({ key });
  if (success) return;
  const { periodS } = c.var.core.timing.rateLimits;
  throw new CoreError("rate_limited", `${detail} Try again in ${periodS} seconds.`, {
    retryAfter: periodS,
  });
}
