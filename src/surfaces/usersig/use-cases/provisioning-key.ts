import { createHash, timingSafeEqual } from "node:crypto";
import type { Settings } from "../../../domain/settings.ts";
import { zonedTime } from "../../../lib/time-zone.ts";

const MINUTE_MS = 60_000;

/**
 * Whether `given` proves the knowledge of the rule key for a user, in constant time. With the rule `static`
 * it is the key itself. With the rule `md5-minute` of older services it is the MD5 of the username and the
 * current minute, the previous or the next one.
 */
export function isProvisioningKey(
  { ruleKey, rule, timeZone }: Settings,
  username: string,
  given: string,
): boolean {
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
