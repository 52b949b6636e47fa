import type { Context } from "hono";
import type { UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import { barePath } from "../../http/surface.ts";

/** Calls per period, user and bucket. The limit itself is enforced by BUCKET_RATE of wrangler.toml. */
const LIMIT = 1_200;
/** The most counters; beyond this the estimate is reset. */
const MAX_COUNTS = 10_000;

/** The remaining calls of a user in a bucket, and the seconds until the full quota is available again. */
interface Quota {
  remaining: number;
  reset: number;
}

/** The quota of a user without calls. */
export const FULL: Quota = { remaining: LIMIT, reset: 0 };

/**
 * The quota sent with a refusal, whatever the estimate is.
 * @param retryAfterS the wait that the refusal states; the length of a period means the rest of this one
 */
export function exhausted({ periodS }: Timing["rateLimits"], retryAfterS: number = periodS): Quota {
  const reset = retryAfterS === periodS ? untilFull(Date.now(), periodS * 1_000) : retryAfterS;
  return { remaining: 0, reset };
}

/** Sets the quota headers, by which libraries wait. A later call replaces the values of an earlier one. */
export function setQuotaHeaders(c: Context, { remaining, reset }: Quota): void {
  c.header("X-Rate-Limit-Limit", String(LIMIT));
  c.header("X-Rate-Limit-Remaining", String(remaining));
  c.header("X-Rate-Limit-Reset", String(reset));
  c.header("X-Rate-Limit-Bucket", bucketOf(c.req.path));
}

/**
 * The bucket of a path: its route without the version. Encoded, since the router decodes paths and headers
 * take ASCII.
 */
export function bucketOf(path: string): string {
  return encodeURI(barePath(path).replace(/^\/api\/(?:v3\/)?/, ""));
}

/** The calls of the current period in this isolate: an estimate for clients, by which no call is refused. */
let counts = new Map<string, number>();
let period = 0;

/**
 * Counts a call.
 * @returns the estimated quota
 */
export function countCall(userId: UserId, bucket: string, { periodS }: Timing["rateLimits"]): Quota {
  const periodMs = periodS * 1_000;
  const now = Date.now();
  const current = Math.floor(now / periodMs);
  if (current !== period || counts.size >= MAX_COUNTS) counts = new Map();
  period = current;
  const key = `${userId} ${bucket}`;
  const used = (counts.get(key) ?? 0) + 1;
  counts.set(key, used);
  return { remaining: Math.max(0, LIMIT - used), reset: untilFull(now, periodMs) };
}

/** Seconds until the next period. */
function untilFull(now: number, periodMs: number): number {
  return Math.ceil((periodMs - (now % periodMs)) / 1_000);
}
