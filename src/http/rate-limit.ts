import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { CoreError } from "../domain/errors.ts";
import type { UserId } from "../domain/ids.ts";
import type { AppEnv } from "./env.ts";

/** Of a request: its bindings, and the core which knows the period of their counters. */
type Counting = { env: Env; var: AppEnv["Variables"] };

/**
 * Counts a call that checks a password or registers, by the address it comes from; without one (no
 * Cloudflare before the Worker) it is not counted. Stands first on its route, before any work is done:
 * refused input counts too.
 * @throws `rate_limited` over 600 a minute
 */
export const limitedByAddress = createMiddleware<AppEnv>(async (c, next) => {
  await countFromAddress(c);
  await next();
});

/** The same for what is only seen to be such a call, or a wrong key, while it is looked at. @throws `rate_limited` */
export async function countFromAddress(c: Context<AppEnv>): Promise<void> {
  const address = c.req.header("CF-Connecting-IP");
  if (address === undefined || !c.var.core.settings.rateLimits) return;
  await count(c, c.env.ADDRESS_RATE, address, "Too many sign-ins and registrations from this address.");
}

/**
 * Counts a call of somebody who is known.
 * @throws `rate_limited` over 6,000 a minute
 */
export async function countCall(c: Counting, userId: UserId): Promise<void> {
  if (c.var.core.settings.rateLimits) await count(c, c.env.USER_RATE, String(userId), "Too many calls.");
}

/**
 * Counts a call of somebody who is known, in one bucket of his calls.
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
