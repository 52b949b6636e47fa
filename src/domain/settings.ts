import { z } from "zod";
import { log } from "../lib/logger.ts";
import { LIMITS } from "./limits.ts";

/** What an operator may set besides `TOKEN_SECRET`, which `http/token.ts` alone reads. */
export interface Settings {
  /** whether calls and frames are counted: `RATE_LIMITS` */
  rateLimits: boolean;
  /** the origins whose pages may call, besides the Worker's own: `ALLOWED_ORIGINS` */
  allowedOrigins: "*" | string[];
  /** how many members a group may have: `MAX_GROUP_MEMBERS` */
  maxGroupMembers: number;
  /** the keys of apps, one of which `appkey` wants with each call: `APP_KEYS` */
  appKeys: string[];
  /** what whoever provisions accounts knows, `""`: nobody does (`USERSIG_RULE_KEY`); and how he shows it (`USERSIG_RULE`) */
  ruleKey: string;
  rule: ProvisioningRule;
  /** who makes and changes accounts without a password: `USERSIG_PROVISIONING` */
  provisioning: Provisioning;
  /** where times without a zone are of: `USERSIG_TIME_ZONE` */
  timeZone: string;
  /** for how long senders take messages back, where an API has an end to it, in seconds: `TIM_REVOKE_WINDOW_S` */
  revokeWindowS: number;
}

/** The rule key itself; or the MD5 of whom it is for and the minute, as older services had it. */
const ProvisioningRule = z.enum(["static", "md5-minute"]);
type ProvisioningRule = z.infer<typeof ProvisioningRule>;

/** Everybody; or whoever has the rule key, and the user himself. */
const Provisioning = z.enum(["open", "key"]);
type Provisioning = z.infer<typeof Provisioning>;

const NAMES = [
  ...(["RATE_LIMITS", "ALLOWED_ORIGINS", "MAX_GROUP_MEMBERS", "APP_KEYS"] as const),
  ...(["USERSIG_RULE_KEY", "USERSIG_RULE", "USERSIG_PROVISIONING", "USERSIG_TIME_ZONE"] as const),
  "TIM_REVOKE_WINDOW_S",
] as const;

/** The settings as they come from wrangler.toml, `.dev.vars` or the dashboard; empty is as absent. */
export type RawSettings = Partial<Record<(typeof NAMES)[number], string | undefined>>;

const Switch = z.enum(["on", "off"]).transform((value) => value === "on");
const TimeZone = z.string().refine(isTimeZone, "a time zone is like Asia/Shanghai");
const Count = z.coerce.number().pipe(z.int().positive());

/** The last ones that were read: an isolate has one environment, so it is warned once. */
let last: { raw: string; settings: Settings } | undefined;

/**
 * Reads the settings. What cannot be understood counts as absent, so that a slip of the pen neither
 * stops the server nor turns a check off; a line in the log says so, once.
 */
export function readSettings(env: RawSettings): Settings {
  const raw = JSON.stringify(NAMES.map((name) => env[name]));
  if (last?.raw === raw) return last.settings;
  const settings: Settings = {
    rateLimits: setting("RATE_LIMITS", env.RATE_LIMITS, Switch, true),
    allowedOrigins: origins(env.ALLOWED_ORIGINS),
    appKeys: listed(env.APP_KEYS),
    maxGroupMembers: setting("MAX_GROUP_MEMBERS", env.MAX_GROUP_MEMBERS, Count, LIMITS.groupMembers),
    ruleKey: env.USERSIG_RULE_KEY?.trim() ?? "",
    rule: setting("USERSIG_RULE", env.USERSIG_RULE, ProvisioningRule, "static"),
    provisioning: setting("USERSIG_PROVISIONING", env.USERSIG_PROVISIONING, Provisioning, "key"),
    timeZone: setting("USERSIG_TIME_ZONE", env.USERSIG_TIME_ZONE, TimeZone, "Asia/Shanghai"),
    revokeWindowS: setting("TIM_REVOKE_WINDOW_S", env.TIM_REVOKE_WINDOW_S, Count, 120),
  };
  if (!settings.rateLimits)
    log("warn", "rate_limits_off", { detail: "RATE_LIMITS is off: for load tests alone." });
  if (settings.rule === "md5-minute")
    log("warn", "weak_rule", {
      detail: "USERSIG_RULE is md5-minute, which anybody can compute: for moving over alone.",
    });
  last = { raw, settings };
  return settings;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== null;
  } catch {
    return false;
  }
}

function setting<T>(name: string, raw: string | undefined, schema: z.ZodType<T>, absent: T): T {
  const value = raw?.trim() ?? "";
  if (value === "") return absent;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // Without the value: a key that was put in the wrong place is a secret all the same.
  warn(name, undefined, `${parsed.error.issues[0]?.message}; ${String(absent)} holds`);
  return absent;
}

/** The entries of a comma-separated list. */
function listed(raw: string | undefined): string[] {
  const entries = (raw ?? "").split(",").map((entry) => entry.trim());
  return entries.filter((entry) => entry !== "");
}

function origins(raw: string | undefined): Settings["allowedOrigins"] {
  const entries = listed(raw);
  if (entries.includes("*")) return "*";
  return entries.flatMap((entry) => {
    const origin = originOf(entry);
    if (origin === null)
      warn("ALLOWED_ORIGINS", entry, "an origin is like https://chat.example; this one is passed over");
    return origin ?? [];
  });
}

/** An origin as browsers write it; null if it is none. Those of apps (`capacitor://localhost`) stay as they are. */
function originOf(entry: string): string | null {
  const bare = entry.replace(/\/$/, "");
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@*\s]+$/i.test(bare) || !URL.canParse(bare)) return null;
  const { origin } = new URL(bare);
  return origin === "null" ? bare : origin;
}

function warn(name: string, value: string | undefined, detail: string): void {
  log("warn", "bad_setting", { setting: name, value, detail });
}
