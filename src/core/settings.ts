import { z } from "zod";
import { LIMITS } from "./limits.ts";
import { log } from "./log.ts";

/** What an operator may set besides `TOKEN_SECRET`, which `http/token.ts` alone reads. */
export interface Settings {
  /** whether calls and frames are counted: `RATE_LIMITS` */
  rateLimits: boolean;
  /** the origins whose pages may call, besides the Worker's own: `ALLOWED_ORIGINS` */
  allowedOrigins: "*" | string[];
  /** how many members a group may have: `MAX_GROUP_MEMBERS` */
  maxGroupMembers: number;
}

/** The settings as they come from wrangler.toml, `.dev.vars` or the dashboard; empty is as absent. */
export type RawSettings = Partial<
  Record<"RATE_LIMITS" | "ALLOWED_ORIGINS" | "MAX_GROUP_MEMBERS", string | undefined>
>;

const Switch = z.enum(["on", "off"]).transform((value) => value === "on");
const Count = z.coerce.number().pipe(z.int().positive());

/** The last ones that were read: an isolate has one environment, so it is warned once. */
let last: { raw: string; settings: Settings } | undefined;

/**
 * Reads the settings. What cannot be understood counts as absent, so that a slip of the pen neither
 * stops the server nor turns a check off; a line in the log says so, once.
 */
export function readSettings({ RATE_LIMITS, ALLOWED_ORIGINS, MAX_GROUP_MEMBERS }: RawSettings): Settings {
  const raw = JSON.stringify([RATE_LIMITS, ALLOWED_ORIGINS, MAX_GROUP_MEMBERS]);
  if (last?.raw === raw) return last.settings;
  const settings: Settings = {
    rateLimits: setting("RATE_LIMITS", RATE_LIMITS, Switch, true),
    allowedOrigins: origins(ALLOWED_ORIGINS),
    maxGroupMembers: setting("MAX_GROUP_MEMBERS", MAX_GROUP_MEMBERS, Count, LIMITS.groupMembers),
  };
  if (!settings.rateLimits)
    log("warn", "rate_limits_off", { detail: "RATE_LIMITS is off: for load tests alone." });
  last = { raw, settings };
  return settings;
}

function setting<T>(name: string, raw: string | undefined, schema: z.ZodType<T>, absent: T): T {
  const value = raw?.trim() ?? "";
  if (value === "") return absent;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  warn(name, value, `${parsed.error.issues[0]?.message}; ${String(absent)} holds`);
  return absent;
}

function origins(raw: string | undefined): Settings["allowedOrigins"] {
  const entries = (raw ?? "").split(",").map((entry) => entry.trim());
  if (entries.includes("*")) return "*";
  return entries.flatMap((entry) => {
    if (entry === "") return [];
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

function warn(name: string, value: string, detail: string): void {
  log("warn", "bad_setting", { setting: name, value, detail });
}
