import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, HonoRequest } from "hono";
import { createMiddleware } from "hono/factory";
import type { Credential } from "../../domain/accounts/session.ts";
import { CoreError } from "../../domain/errors.ts";
import type { Settings } from "../../domain/settings.ts";
import { identify } from "../../http/access/identify.ts";
import { countFromAddress, countRefused, requireTries } from "../../http/access/rate-limit.ts";
import type { AppEnv, CallerEnv } from "../../http/env.ts";
import { zonedTime } from "../../lib/time-zone.ts";
import type { ProvisioningClaim } from "./use-cases/provisioning.ts";
import { requireUserNamed } from "./use-cases/user-sig.ts";

const MISSING = "Authorization: must be there, the user_sig";

/**
 * Middleware that requires a user_sig, or a token of another API, in `Authorization`, with or without
 * `Bearer`.
 * @throws `unauthenticated`, `rate_limited`
 */
export const authenticated = createMiddleware<CallerEnv>(async (c, next) => {
  c.set("caller", await identify(c, sigOf(c), MISSING));
  await next();
});

/**
 * The claim of a call about a user: its user_sig, the rule key, both or neither. Each one that is sent must
 * be valid.
 * @throws `unauthenticated`, `forbidden`, `rate_limited`
 */
export async function claimOf(
  c: Context<AppEnv>,
  { user_id, token }: { user_id?: string | undefined; token?: string | undefined },
): Promise<ProvisioningClaim> {
  const sig = sigOf(c);
  const caller = sig === undefined ? null : await identify(c, sig, MISSING);
  if (token === undefined) {
    // Where provisioning is open, nothing else counts such a call.
    if (!caller) await countFromAddress(c);
    return { caller, hasKey: false };
  }
  await requireRuleKey(c, user_id ?? "", token);
  return { caller, hasKey: true };
}

/**
 * The caller by a user_sig, which must be of the user of this name. The sig is checked first: only signed-in
 * users learn which names exist.
 * @throws `unauthenticated`, `not_found`, `rate_limited`
 */
export async function identifyAs(c: Context<AppEnv>, username: string, sig: string): Promise<Credential> {
  const caller = await identify(c, sig, MISSING);
  const user = await requireUserNamed(c.var.core, username);
  if (caller.userId === user.id) return caller;
  throw new CoreError("unauthenticated", "user_sig: is somebody else's");
}

/**
 * Checks the rule key. Wrong keys are counted, and over the limit no key is looked at.
 * @throws `forbidden`, `rate_limited`
 */
export async function requireRuleKey(c: Context<AppEnv>, userId: string, token: string): Promise<void> {
  requireTries(c);
  if (isProvisioningKey(c.var.core.settings, userId, token)) {
    // Everybody can compute the key of this rule.
    if (c.var.core.settings.rule === "md5-minute") await countFromAddress(c);
    return;
  }
  c.var.core.securityLog.record("wrong_key", { user: null, by: null, key: "rule" });
  await countRefused(c, "key");
  throw new CoreError("forbidden", "token: is not the rule key (settings USERSIG_RULE_KEY, USERSIG_RULE)");
}

function sigOf(c: { req: HonoRequest }): string | undefined {
  return c.req.header("Authorization")?.replace(/^Bearer +/i, "");
}

const MINUTE_MS = 60_000;

/**
 * Whether `given` proves the knowledge of the rule key for a user, in constant time. With the rule `static`
 * it is the key itself. With the rule `md5-minute` of older services it is the MD5 of the username and the
 * current minute, the previous or the next one.
 */
function isProvisioningKey({ ruleKey, rule, timeZone }: Settings, username: string, given: string): boolean {
  // Without a key no server provisions accounts, whatever the rule.
  if (ruleKey === "") return false;
  if (rule === "static") return isSame(ruleKey, given);
  const now = Date.now();
  const keys = [-MINUTE_MS, 0, MINUTE_MS].map((ms) => minuteKey(username, zonedTime(now + ms, timeZone)));
  return keys.map((key) => isSame(key, given)).includes(true);
}

/** The MD5 of the username and a minute. @param time in the format of `zonedTime` */
function minuteKey(username: string, time: string): string {
  const [minute = ""] = /^[\d-]+ \d+:\d+/.exec(time) ?? [];
  return createHash("md5")
    .update(`${username}-${minute.replace(/[ :]/g, "-")}`)
    .digest("hex");
}

/**
 * Compares hashes of equal length, so that the time reveals neither the length nor the position of a
 * difference.
 */
function isSame(key: string, given: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(key), hash(given));
}
