import type { HonoRequest } from "hono";
import { createMiddleware } from "hono/factory";
import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { ServerKeyId } from "../../domain/server/server-key.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { AppEnv, CallerEnv } from "../env.ts";
import { clientBlock } from "./address-block.ts";

/** The part of a context that counting needs: the bindings, and the core with their period. */
type Counting = { env: Env; var: AppEnv["Variables"] };
/** The same with the request, whose address counts. */
export type CountingAddress = Counting & { req: HonoRequest };

/**
 * The kinds of calls that cost more than others, with the binding that counts them. wrangler.toml has the
 * rates: of 6,000 light calls a minute a page weighs 5, a search 50, and a whole history 100.
 */
const RATES = { page: "PAGE_RATE", search: "SEARCH_RATE", whole: "WHOLE_RATE" } as const;

/**
 * What a call costs: `page`, a page of a list or of messages, a look-up of users, an upload, opening a
 * socket; `search`; `whole`, a whole history or list, a repair.
 */
export type Cost = keyof typeof RATES;

/**
 * What a refused call has shown; `socket`: it is accepted, and closed at once with the reason. Each is
 * counted for itself: one client must not block all others of an office.
 */
type Shown = "token" | "key" | "file" | "invitation" | "hook" | "socket";

/** The addresses whose wrong keys this isolate remembers to be over the limit, at about 100 bytes each. */
const MAX_EXHAUSTED = 10_000;
const exhausted = new LruMap<string, { until: number }>(() => MAX_EXHAUSTED);

/**
 * Middleware that counts a call that checks a password or registers, by the client's address block. A call
 * without `CF-Connecting-IP` (no Cloudflare in front of the Worker) is not counted. It is the first handler
 * of its route, so that calls with invalid input count, too.
 * @throws `rate_limited` over 600 a minute
 */
export const limitedByAddress = createMiddleware<AppEnv>(async (c, next) => {
  await countFromAddress(c);
  await next();
});

/**
 * The same, for a handler that only finds out while it runs that it checks a password, or whose caller is
 * unknown.
 * @throws `rate_limited`
 */
export async function countFromAddress(c: CountingAddress): Promise<void> {
  const block = blockOf(c);
  if (block)
    await count(c, c.env.ADDRESS_RATE, block, "Too many sign-ins and registrations from this address.");
}

/**
 * Counts a call without a token that answers more than a fixed text, apart from sign-ins: who looks at
 * invitations keeps nobody in an office from signing in.
 * @throws `rate_limited` over 600 a minute and address block
 */
export async function countAnonymous(c: CountingAddress): Promise<void> {
  const block = blockOf(c);
  if (!block) return;
  await count(
    c,
    c.env.ADDRESS_RATE,
    `anonymous ${block}`,
    "Too many calls without a token from this address.",
  );
}

/**
 * Counts a call that is refused for what it shows: a token, a key, the name of a file, the code of an
 * invitation, the URL of a hook. So guessing is bounded, and so is the work that it causes.
 * @throws `rate_limited` over 600 of its kind a minute and address block
 */
export async function countRefused(c: CountingAddress, shown: Shown): Promise<void> {
  const block = blockOf(c);
  if (!block) return;
  try {
    await count(
      c,
      c.env.ADDRESS_RATE,
      `refused ${shown} ${block}`,
      "Too many refused calls from this address.",
    );
  } catch (error) {
    const periodMs = c.var.core.timing.rateLimits.periodS * 1_000;
    if (shown === "key") exhausted.set(block, { until: (Math.floor(Date.now() / periodMs) + 1) * periodMs });
    throw error;
  }
}

/**
 * Refuses a call before its key is looked at, if the address has shown too many wrong ones: otherwise guesses
 * over the limit would be checked, too. An isolate knows its own refusals.
 * @throws `rate_limited`
 */
export function requireTries(c: CountingAddress): void {
  const block = blockOf(c);
  if (block && (exhausted.get(block)?.until ?? 0) > Date.now())
    throw tooMany(c, "Too many refused calls from this address.");
}

/**
 * Counts a call of an authenticated user.
 * @throws `rate_limited` over 6,000 a minute
 */
export async function countCall(c: Counting, userId: UserId): Promise<void> {
  if (c.var.core.settings.rateLimits) await count(c, c.env.USER_RATE, String(userId), "Too many calls.");
}

/**
 * Counts a call with a server key, which has the rates of a user.
 * @param cost of a call that costs more than others
 * @throws `rate_limited`
 */
export async function countKey(c: Counting, id: ServerKeyId, cost?: Cost): Promise<void> {
  if (!c.var.core.settings.rateLimits) return;
  await count(c, c.env.USER_RATE, `key ${id}`, "Too many calls with this key.");
  if (cost) await count(c, c.env[RATES[cost]], `key ${id}`, "Too many calls that cost as much as this one.");
}

/** Middleware, behind the one that sets `caller`: counts a call that costs more than others. */
export function weighs(cost: Cost) {
  return createMiddleware<CallerEnv>(async (c, next) => {
    await countCost(c, c.var.caller.userId, cost);
    await next();
  });
}

/**
 * Counts a call of an authenticated user by what it costs. A key that acts as users has one count for all.
 * @throws `rate_limited` over 1,200 pages, 120 searches or 60 whole histories a minute
 */
export async function countCost(c: Counting, userId: UserId, cost: Cost): Promise<void> {
  if (!c.var.core.settings.rateLimits) return;
  const { actingKey } = c.var;
  const whose = actingKey === undefined ? String(userId) : `key ${actingKey}`;
  await count(c, c.env[RATES[cost]], whose, "Too many calls that cost as much as this one.");
}

/**
 * Counts a call of an authenticated user in one of the user's buckets. It ignores the setting `RATE_LIMITS`.
 * @throws `rate_limited` over 1,200 a minute
 */
export async function countCallIn(c: Counting, userId: UserId, bucket: string): Promise<void> {
  await count(c, c.env.BUCKET_RATE, `${userId} ${bucket}`, "Too many calls of this kind.");
}

/**
 * Counts further pages of a call that has counted as one: an answer of any length costs what its pages cost.
 * @throws `rate_limited` as `countCost`
 */
export async function countPages(c: Counting, userId: UserId, pages: number): Promise<void> {
  await Promise.all(Array.from({ length: Math.max(0, pages) }, () => countCost(c, userId, "page")));
}

/**
 * Counts a smaller picture that is to be made of a file, for the user who has uploaded it: it costs money.
 * @returns whether it may be made: 60 in a minute may
 */
export async function mayMakeThumbnail(c: Counting, uploader: UserId): Promise<boolean> {
  if (!c.var.core.settings.rateLimits) return true;
  return (await c.env.WHOLE_RATE.limit({ key: `thumbnail ${uploader}` })).success;
}

/** The client's address block; null: it is unknown, or nothing is counted. */
function blockOf(c: CountingAddress): string | null {
  return c.var.core.settings.rateLimits ? clientBlock(c.req) : null;
}

async function count(c: Counting, rate: RateLimit, key: string, detail: string): Promise<void> {
  const { success } = await rate.limit({ key });
  if (!success) throw tooMany(c, detail);
}

function tooMany(c: Counting, detail: string): CoreError {
  const { periodS } = c.var.core.timing.rateLimits;
  return new CoreError("rate_limited", `${detail} Try again in ${periodS} seconds.`, { retryAfter: periodS });
}
