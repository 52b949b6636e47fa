import { createHash, timingSafeEqual } from "node:crypto";
import type { Settings } from "../../domain/settings.ts";
import { zonedTime } from "../../lib/time-zone.ts";

const MINUTE_MS = 60_000;

/**
 * Whether somebody has shown the rule key for a user: the setting's value, in constant time; or, where an older
 * service's rule is kept, the MD5 of the user's name and the minute, or one beside it.
 */
export function isProvisioningKey(
  { ruleKey, rule, timeZone }: Settings,
  username: string,
  given: string,
): boolean {
  if (rule === "static") return ruleKey !== "" && isSame(ruleKey, given);
  const now = Date.now();
  const keys = [-MINUTE_MS, 0, MINUTE_MS].map((ms) => minuteKey(username, zonedTime(now + ms, timeZone)));
  return keys.map((key) => isSame(key, given)).includes(true);
}

/** @param time as `zonedTime` writes it */
function minuteKey(username: string, time: string): string {
  const [minute = ""] = /^[\d-]+ \d+:\d+/.exec(time) ?? [];
  return createHash("md5")
    .update(`${username}-${minute.replace(/[ :]/g, "-")}`)
    .digest("hex");
}

/** Hashes have one length, so that neither the length nor the place of a difference is told by the time it takes. */
function isSame(one: string, other: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
