import type { Context } from "hono";
import type { UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import { barePath } from "../../http/surface.ts";

/** Calls in a period, of each user in each bucket. What refuses is the rate limit BUCKET_RATE of wrangler.toml. */
const LIMIT = 1_200;
/** Beyond this the estimate begins anew. */
const MAX_COUNTS = 10_000;

/** What is left to a user in a bucket, and in how many seconds all of it will be. */
interface Quota {
  remaining: number;
  reset: number;
}

/** What somebody has who has not called. */
export const FULL: Quota = { remaining: LIMIT, reset: 0 };

/** What is told with a refusal, whatever the estimate is. */
export function exhausted({ periodS }: Timing["rateLimits"]): Quota {
  return { remaining: 0, reset: untilFull(Date.now(), periodS * 1_000) };
}

/** Tells what is left, in the headers by which libraries wait; the last word of several holds. */
export function tellQuota(c: Context, { remaining, reset }: Quota): void {
  c.header("X-Rate-Limit-Limit", String(LIMIT));
  c.header("X-Rate-Limit-Remaining", String(remaining));
  c.header("X-Rate-Limit-Reset", String(reset));
  c.header("X-Rate-Limit-Bucket", bucketOf(c.req.path));
}

/** Which calls are counted together: the route, without the version. The router has decoded it; a header takes ASCII. */
export function bucketOf(path: string): string {
  return encodeURI(barePath(path).replace(/^\/api\/(?:v3\/)?/, ""));
}

/** The calls of the current period which came to this isolate: clients slow down by it, nobody is refused. */
let counts = new Map<string, number>();
let period = 0;

/** Counts a call, and estimates what is left. */
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

function untilFull(now: number, periodMs: number): number {
  return Math.ceil((periodMs - (now % periodMs)) / 1_000);
}
