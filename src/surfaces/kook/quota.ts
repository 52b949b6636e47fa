import type { Context } from "hono";
import type { UserId } from "../../core/ids.ts";
import { barePath } from "../../http/surface.ts";

/** Calls a minute, of each user in each bucket. What refuses is the rate limit BUCKET_RATE of wrangler.toml. */
const LIMIT = 1_200;
const MINUTE_MS = 60_000;
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
export function exhausted(): Quota {
  return { remaining: 0, reset: untilFull(Date.now()) };
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

/** The calls of the current minute which came to this isolate: clients slow down by it, nobody is refused. */
let counts = new Map<string, number>();
let minute = 0;

/** Counts a call, and estimates what is left. */
export function countCall(userId: UserId, bucket: string): Quota {
  const now = Date.now();
  const current = Math.floor(now / MINUTE_MS);
  if (current !== minute || counts.size >= MAX_COUNTS) counts = new Map();
  minute = current;
  const key = `${userId} ${bucket}`;
  const used = (counts.get(key) ?? 0) + 1;
  counts.set(key, used);
  return { remaining: Math.max(0, LIMIT - used), reset: untilFull(now) };
}

function untilFull(now: number): number {
  return Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1_000);
}
