import { z } from "zod";
import { log } from "../lib/logger.ts";
import { isLoopback } from "../lib/outgoing/address.ts";
import type { WayOut } from "../lib/outgoing/guarded-fetch.ts";
import { isTimeZone } from "../lib/time-zone.ts";
import { Admitted, type DefaultConsent, OPEN_CONSENT } from "./contacts/consent.ts";
import { LIMITS } from "./limits.ts";
import { DEFAULT_QUOTAS, NO_QUOTAS, QuotaSetting, type Quotas } from "./quotas.ts";
import { type Issuer, issuerList, type PageIssuer, pageIssuer } from "./server/issuer.ts";
import {
  BotPolicy,
  DirectPolicy,
  GroupPolicy,
  LookupPolicy,
  OPEN_POLICIES,
  type Policies,
  ProfilePolicy,
  SpacePolicy,
} from "./server/policies.ts";

/** The settings of an operator besides `TOKEN_SECRET`, which only `http/access/token.ts` reads. */
export interface Settings {
  /** whether calls and frames are counted: `RATE_LIMITS` */
  rateLimits: boolean;
  /** how much a user may do in a day, and may have: `QUOTAS`; without rate limits there are none */
  quotas: Quotas;
  /** the origins whose pages may call the API, besides the Worker's own: `ALLOWED_ORIGINS` */
  allowedOrigins: "*" | string[];
  /** the origin of the URLs of files: `PUBLIC_ORIGIN`; null: the one that a client has asked */
  publicOrigin: string | null;
  /** origins that this server had before: `FORMER_ORIGINS` */
  formerOrigins: string[];
  /** the maximum number of members of a group: `MAX_GROUP_MEMBERS` */
  maxGroupMembers: number;
  /** the number of members up to which a group is no crowd: `CROWD_MEMBERS` */
  crowdMembers: number;
  /** how many members a space has at most: `MAX_SPACE_MEMBERS` */
  maxSpaceMembers: number;
  /** the number of connected members up to which a group is not crowded: `LIVE_MEMBERS` */
  maxLiveMembers: number;
  /** messages a second of an audience room above which sockets get a sample; 0: never: `AUDIENCE_RATE` */
  audienceRate: number;
  /** the changed messages of a conversation that a client is replayed at most: `MAX_CHANGES` */
  maxChanges: number;
  /** bytes by which a conversation grows before its oldest bodies move: `ARCHIVE_MIB`; null: they stay */
  archiveBytes: number | null;
  /** bytes of a file that is uploaded in parts: `MAX_UPLOAD_MIB` */
  maxUploadBytes: number;
  /** the keys of apps, one of which the appkey API requires with each call: `APP_KEYS` */
  appKeys: string[];
  /** the secret of the provisioning server (`USERSIG_RULE_KEY`); `""`: no server provisions accounts */
  ruleKey: string;
  /** the form in which the provisioning server proves that it knows the key: `USERSIG_RULE` */
  rule: ProvisioningRule;
  /** the authorization that accounts without a password require: `USERSIG_PROVISIONING` */
  provisioning: Provisioning;
  /** the IANA time zone of times without a zone: `USERSIG_TIME_ZONE` */
  timeZone: string;
  /** the names of frames of the usersig API: `USERSIG_EVENT_NAMES` */
  eventNames: EventNames;
  /** seconds in which a sender may revoke a message, in APIs with such a limit: `TIM_REVOKE_WINDOW_S` */
  revokeWindowS: number;
  /** seconds in which a sender may edit a message; 0: at any time: `EDIT_WINDOW_S` */
  editWindowS: number;
  /** who can create an account with a password: `REGISTRATION` */
  registration: Registration;
  /** what makes the first account that of an admin, while nobody has a role: `SETUP_CODE`; null: nothing */
  setupCode: string | null;
  /** the requests of which a line is logged: `REQUEST_LOG` */
  requestLog: RequestLog;
  /** whether a backup is being restored into the server, which answers nothing else: `RESTORE` */
  isRestoring: boolean;
  /** whether the hourly job makes a daily backup in the bucket `BACKUPS`: `BACKUP_TO_R2` */
  backsUpDaily: boolean;
  /** the team's own issuers, whose tokens sign users in: `AUTH_ISSUERS` */
  issuers: Issuer[];
  /** where users of the page sign in: the issuer whose admitted is `OIDC_CLIENT_ID`; null: here alone */
  pageIssuer: PageIssuer | null;
  /** where calls to addresses that people gave may go: `DNS_RESOLVER` */
  wayOut: WayOut;
  /** whether users find and join discoverable spaces: `SPACES_DIRECTORY` */
  spacesDirectory: boolean;
  /** whether the server fetches what messages link to, for previews: `LINK_PREVIEWS` */
  linkPreviews: boolean;
  /** days after which a message expires; null: never. A conversation may have its own: `RETENTION_DAYS` */
  retentionDays: number | null;
  /** what users may do by themselves: `PROFILES`, `DIRECT`, `GROUPS`, `SPACES`, `LOOKUP` */
  policies: Policies;
  /** whom users let write to them and add them, until they choose: `WHO_MAY_WRITE`, `WHO_MAY_ADD` */
  consent: DefaultConsent;
  /** whether users are asked as they want: not for what the team's backend does */
  asksConsent: boolean;
  /** how devices without a socket are reached */
  push: PushSetup;
  /** the settings that only a server on a local address may have, in words for its operator; null: none */
  unsafe: string | null;
}

/** How devices are pushed to. Without keys the devices of that kind cannot register. */
interface PushSetup {
  /** of Web Push: `VAPID_PUBLIC_KEY`, `VAPID_PRIVATE_KEY`, `VAPID_SUBJECT` */
  vapid: VapidKeys | null;
  /** of FCM: `FCM_SERVICE_ACCOUNT` */
  fcm: FcmAccount | null;
  /** the hosts of push services besides those of browsers: `PUSH_HOSTS` */
  hosts: string[];
}

/** The keys by which push services know the server (RFC 8292), in base64url. */
export interface VapidKeys {
  publicKey: string;
  privateKey: string;
  /** whom a push service may write to: a URL of the form `mailto:` or `https:` */
  subject: string;
}

/** A service account of Google, and where it is used. */
export interface FcmAccount {
  projectId: string;
  clientEmail: string;
  /** PKCS #8, as PEM */
  privateKey: string;
  tokenUrl: string;
  sendUrl: string;
}

/** The least length of an app key and of the rule key, in characters. */
const MIN_KEY = 16;
const MIB = 1024 * 1024;
/** The keys that `npm run dev` writes begin with it, and everybody knows them. */
const DEVELOPMENT_KEY = "dev-";

/** A line for each request, or only for those that the server failed to serve. */
const RequestLog = z.enum(["all", "failures"]);
type RequestLog = z.infer<typeof RequestLog>;

/**
 * The form of the proof: the rule key itself, or an MD5 of the username and the minute, as older services had
 * it.
 */
const ProvisioningRule = z.enum(["static", "md5-minute"]);
type ProvisioningRule = z.infer<typeof ProvisioningRule>;

/** The callers who may create and change accounts: everybody, or the provisioning server and the user. */
const Provisioning = z.enum(["open", "key"]);
type Provisioning = z.infer<typeof Provisioning>;

/** The names of the document, or the values that public servers of this document have for them. */
const EventNames = z.enum(["document", "django"]);
export type EventNames = z.infer<typeof EventNames>;

/** Who gets an account with a password: everybody who asks, who has an invitation to a group, or nobody. */
export const Registration = z.enum(["open", "invited", "closed"]);
type Registration = z.infer<typeof Registration>;

/** How the code of the first account begins: no invitation does. */
export const SETUP = "setup-";
/** Nobody guesses it. */
const SetupCode = z
  .string()
  .startsWith(SETUP)
  .min(SETUP.length + MIN_KEY, `${SETUP} and at least ${MIN_KEY} characters`);

/** How often the server makes a backup by itself. */
const BackupPace = z.literal("daily");

const NAMES = [
  ...([
    "RATE_LIMITS",
    "ALLOWED_ORIGINS",
    "MAX_GROUP_MEMBERS",
    "CROWD_MEMBERS",
    "MAX_SPACE_MEMBERS",
    "LIVE_MEMBERS",
    "AUDIENCE_RATE",
    "QUOTAS",
  ] as const),
  ...(["APP_KEYS", "USERSIG_RULE_KEY", "USERSIG_RULE", "USERSIG_PROVISIONING", "USERSIG_TIME_ZONE"] as const),
  ...(["USERSIG_EVENT_NAMES", "TIM_REVOKE_WINDOW_S", "REGISTRATION", "REQUEST_LOG"] as const),
  ...(["RESTORE", "BACKUP_TO_R2", "LINK_PREVIEWS", "SPACES_DIRECTORY"] as const),
  ...([
    "PUBLIC_ORIGIN",
    "FORMER_ORIGINS",
    "MAX_CHANGES",
    "EDIT_WINDOW_S",
    "MAX_UPLOAD_MIB",
    "ARCHIVE_MIB",
  ] as const),
  ...(["PROFILES", "DIRECT", "GROUPS", "SPACES", "BOTS", "LOOKUP", "WHO_MAY_WRITE", "WHO_MAY_ADD"] as const),
  ...(["VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY", "VAPID_SUBJECT", "PUSH_HOSTS"] as const),
  ...(["FCM_SERVICE_ACCOUNT", "RETENTION_DAYS", "SETUP_CODE"] as const),
  // `npm run dev` alone sets the last one, by a flag: wrangler.toml does not have it.
  ...(["AUTH_ISSUERS", "OIDC_CLIENT_ID", "DNS_RESOLVER", "DEV_LOOPBACK"] as const),
] as const;

/** The raw settings of wrangler.toml, `.dev.vars` or the dashboard; an empty value counts as absent. */
export type RawSettings = Partial<Record<(typeof NAMES)[number], string | undefined>>;

const Switch = z.enum(["on", "off"]).transform((value) => value === "on");
const TimeZone = z.string().refine(isTimeZone, "a time zone is like Asia/Shanghai");
const HttpOrigin = z.string().transform((text, context) => {
  const origin = originOf(text);
  if (origin !== null && /^https?:/.test(origin)) return origin;
  context.addIssue("an origin is like https://chat.example");
  return z.NEVER;
});
const SpaceMembers = z.coerce.number().pipe(z.int().positive().max(LIMITS.spaceMembers));
const GroupMembers = z.coerce.number().pipe(z.int().positive().max(LIMITS.mostGroupMembers));
/** A direct conversation is no crowd. */
const CrowdMembers = z.coerce.number().pipe(z.int().min(2));
const Count = z.coerce.number().pipe(z.int().positive());
const UploadBytes = Count.refine((mib) => mib * MIB <= LIMITS.uploadBytes, "at most 1024 MiB").transform(
  (mib) => mib * MIB,
);
const ArchiveBytes = Count.transform((mib) => mib * MIB);
/** Cloudflare's own. It logs nothing of a Worker's users. */
const RESOLVER = "https://cloudflare-dns.com/dns-query";

/** A name server is the operator's choice, and may have an address in place of a name. */
function resolverUrl(allowsHttp: boolean) {
  return z.url({ protocol: allowsHttp ? /^https?$/ : /^https$/, error: "an https URL" });
}

const RetentionDays = z.coerce.number().pipe(z.int().positive().max(LIMITS.retentionDays));
const CountOrNone = z.coerce.number().pipe(z.int().nonnegative());

/** The settings that were read last. An isolate has one environment, so each warning is logged once. */
let cached: { raw: string; settings: Settings } | undefined;

/**
 * Parses the settings. An invalid value counts as absent, so that a typo neither stops the server nor turns a
 * check off. One warning is logged for it.
 */
export function readSettings(env: RawSettings): Settings {
  const raw = JSON.stringify(NAMES.map((name) => env[name]));
  if (cached?.raw === raw) return cached.settings;
  const allowsLoopback = env.DEV_LOOPBACK === "on";
  const listed = issuers(env.AUTH_ISSUERS, allowsLoopback);
  const rateLimits = setting("RATE_LIMITS", env.RATE_LIMITS, Switch, true);
  const quotas = setting("QUOTAS", env.QUOTAS, QuotaSetting, DEFAULT_QUOTAS, "the default");
  const groups = setting("GROUPS", env.GROUPS, GroupPolicy, OPEN_POLICIES.groups);
  const given = {
    rateLimits,
    quotas: rateLimits ? quotas : NO_QUOTAS,
    allowedOrigins: allowedOrigins(env.ALLOWED_ORIGINS),
    publicOrigin: setting("PUBLIC_ORIGIN", env.PUBLIC_ORIGIN, HttpOrigin, null),
    formerOrigins: originsIn("FORMER_ORIGINS", env.FORMER_ORIGINS),
    appKeys: entriesOf(env.APP_KEYS),
    maxGroupMembers: setting("MAX_GROUP_MEMBERS", env.MAX_GROUP_MEMBERS, GroupMembers, LIMITS.groupMembers),
    crowdMembers: setting("CROWD_MEMBERS", env.CROWD_MEMBERS, CrowdMembers, LIMITS.crowdMembers),
    maxSpaceMembers: setting("MAX_SPACE_MEMBERS", env.MAX_SPACE_MEMBERS, SpaceMembers, LIMITS.spaceMembers),
    maxLiveMembers: setting("LIVE_MEMBERS", env.LIVE_MEMBERS, Count, LIMITS.liveMembers),
    audienceRate: setting("AUDIENCE_RATE", env.AUDIENCE_RATE, CountOrNone, LIMITS.audienceRate),
    maxChanges: setting("MAX_CHANGES", env.MAX_CHANGES, Count, LIMITS.changes),
    maxUploadBytes: setting("MAX_UPLOAD_MIB", env.MAX_UPLOAD_MIB, UploadBytes, LIMITS.uploadBytes),
    archiveBytes: setting("ARCHIVE_MIB", env.ARCHIVE_MIB, ArchiveBytes, null, "none"),
    ruleKey: env.USERSIG_RULE_KEY?.trim() ?? "",
    rule: setting("USERSIG_RULE", env.USERSIG_RULE, ProvisioningRule, "static"),
    provisioning: setting("USERSIG_PROVISIONING", env.USERSIG_PROVISIONING, Provisioning, "key"),
    timeZone: setting("USERSIG_TIME_ZONE", env.USERSIG_TIME_ZONE, TimeZone, "Asia/Shanghai"),
    eventNames: setting("USERSIG_EVENT_NAMES", env.USERSIG_EVENT_NAMES, EventNames, "document"),
    revokeWindowS: setting("TIM_REVOKE_WINDOW_S", env.TIM_REVOKE_WINDOW_S, Count, 120),
    editWindowS: setting("EDIT_WINDOW_S", env.EDIT_WINDOW_S, CountOrNone, 0),
    registration: setting("REGISTRATION", env.REGISTRATION, Registration, "open"),
    setupCode: setting("SETUP_CODE", env.SETUP_CODE, SetupCode, null, "none"),
    requestLog: setting("REQUEST_LOG", env.REQUEST_LOG, RequestLog, "all"),
    backsUpDaily: setting("BACKUP_TO_R2", env.BACKUP_TO_R2, BackupPace, null) !== null,
    isRestoring: setting("RESTORE", env.RESTORE, Switch, false),
    issuers: listed,
    pageIssuer: issuerOfPage(listed, env.OIDC_CLIENT_ID, allowsLoopback),
    wayOut: {
      allowsLoopback,
      resolver: setting("DNS_RESOLVER", env.DNS_RESOLVER, resolverUrl(allowsLoopback), RESOLVER),
    },
    spacesDirectory: setting("SPACES_DIRECTORY", env.SPACES_DIRECTORY, Switch, false),
    linkPreviews: setting("LINK_PREVIEWS", env.LINK_PREVIEWS, Switch, false),
    retentionDays: setting("RETENTION_DAYS", env.RETENTION_DAYS, RetentionDays, null),
    asksConsent: true,
    consent: {
      whoMayWrite: setting("WHO_MAY_WRITE", env.WHO_MAY_WRITE, Admitted, OPEN_CONSENT.whoMayWrite),
      whoMayAdd: setting("WHO_MAY_ADD", env.WHO_MAY_ADD, Admitted, OPEN_CONSENT.whoMayAdd),
    },
    policies: {
      profiles: setting("PROFILES", env.PROFILES, ProfilePolicy, OPEN_POLICIES.profiles),
      direct: setting("DIRECT", env.DIRECT, DirectPolicy, OPEN_POLICIES.direct),
      groups,
      spaces: setting("SPACES", env.SPACES, SpacePolicy, groups),
      bots: setting("BOTS", env.BOTS, BotPolicy, OPEN_POLICIES.bots),
      lookup: setting("LOOKUP", env.LOOKUP, LookupPolicy, OPEN_POLICIES.lookup),
    },
  };
  const push = pushSetup(env, given.publicOrigin, allowsLoopback);
  const settings: Settings = { ...given, push, unsafe: unsafeSettings(given) };
  if (!settings.rateLimits)
    log("warn", "rate_limits_off", { detail: "RATE_LIMITS is off: use this for load tests only." });
  if (settings.rule === "md5-minute")
    log("error", "weak_rule", {
      detail: "USERSIG_RULE is md5-minute, which anybody can compute: use this for a migration only.",
    });
  cached = { raw, settings };
  return settings;
}

/** What makes these settings unsafe for a public server: keys that others know or guess, open doors. */
function unsafeSettings({
  appKeys,
  ruleKey,
  allowedOrigins,
  provisioning,
}: Omit<Settings, "unsafe" | "push">): string | null {
  const flaws = [
    ...appKeys.flatMap((key) => flawOf("APP_KEYS", key)),
    ...(ruleKey === "" ? [] : flawOf("USERSIG_RULE_KEY", ruleKey)),
    ...(allowedOrigins === "*" && provisioning === "open"
      ? ["USERSIG_PROVISIONING is open to the pages of all origins (ALLOWED_ORIGINS is *)"]
      : []),
  ];
  return flaws.length === 0 ? null : [...new Set(flaws)].join("; ");
}

function flawOf(name: string, key: string): string[] {
  if (key.startsWith(DEVELOPMENT_KEY)) return [`${name} has a key of \`npm run dev\`, which everybody knows`];
  return key.length < MIN_KEY ? [`${name} has a key of fewer than ${MIN_KEY} characters`] : [];
}

function setting<T, Fallback>(
  name: string,
  raw: string | undefined,
  schema: z.ZodType<T>,
  fallback: Fallback,
  shown = String(fallback),
): T | Fallback {
  const value = raw?.trim() ?? "";
  if (value === "") return fallback;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // The value is not logged: it may be a key that was put into the wrong variable.
  warn(name, undefined, `${parsed.error.issues[0]?.message}; ${shown} is used`);
  return fallback;
}

/** What Parley itself signs with or is set by. */
const OWN: ReadonlySet<string> = new Set(["TOKEN_SECRET", ...NAMES]);

/** One bad entry removes all: a list that is used in part would be harder to notice. */
function issuers(raw: string | undefined, allowsLoopback: boolean): Issuer[] {
  const text = raw?.trim() ?? "";
  if (text === "") return [];
  const parsed = issuerList(allowsLoopback, OWN).safeParse(text);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue && issue.path.length > 0 ? `entry ${issue.path.join(".")}: ` : "";
  warn("AUTH_ISSUERS", undefined, `${place}${issue?.message}; no issuer is used`);
  return [];
}

/** 65 bytes of a point on P-256, and 32 bytes. */
const VapidPublicKey = z.string().regex(/^B[A-P][\w-]{85}$/, "87 characters of base64url");
const VapidPrivateKey = z.string().regex(/^[\w-]{43}$/, "43 characters of base64url");
const VapidSubject = z
  .string()
  .regex(/^(mailto:[^@]+@.+|https:\/\/.+)$/, "a URL like mailto:you@chat.example");

const FCM_URL = "https://fcm.googleapis.com";
const ServiceAccount = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue("the JSON of a service account");
      return z.NEVER;
    }
  })
  .pipe(
    z.object({
      project_id: z.string().min(1),
      client_email: z.string().min(1),
      private_key: z.string().includes("PRIVATE KEY"),
      token_uri: z.url({ protocol: /^https?$/ }),
    }),
  );

function pushSetup(env: RawSettings, publicOrigin: string | null, allowsLoopback: boolean): PushSetup {
  const publicKey = setting("VAPID_PUBLIC_KEY", env.VAPID_PUBLIC_KEY, VapidPublicKey, null, "no Web Push");
  const privateKey = setting(
    "VAPID_PRIVATE_KEY",
    env.VAPID_PRIVATE_KEY,
    VapidPrivateKey,
    null,
    "no Web Push",
  );
  const known = publicOrigin?.startsWith("https:") ? publicOrigin : "mailto:push@parley.example";
  const subject = setting("VAPID_SUBJECT", env.VAPID_SUBJECT, VapidSubject, known);
  const account = setting("FCM_SERVICE_ACCOUNT", env.FCM_SERVICE_ACCOUNT, ServiceAccount, null, "no FCM");
  return {
    vapid: publicKey === null || privateKey === null ? null : { publicKey, privateKey, subject },
    fcm: account && fcmAccount(account, allowsLoopback),
    hosts: entriesOf(env.PUSH_HOSTS),
  };
}

/** In development an account whose tokens are of this machine has FCM there, too. */
function fcmAccount(account: z.infer<typeof ServiceAccount>, allowsLoopback: boolean): FcmAccount {
  const { project_id: projectId, client_email: clientEmail, private_key: privateKey } = account;
  const tokens = new URL(account.token_uri);
  const sendUrl = allowsLoopback && isLoopback(tokens) ? tokens.origin : FCM_URL;
  return { projectId, clientEmail, privateKey, tokenUrl: tokens.href, sendUrl };
}

function issuerOfPage(
  listed: readonly Issuer[],
  raw: string | undefined,
  allowsLoopback: boolean,
): PageIssuer | null {
  const clientId = raw?.trim() ?? "";
  if (clientId === "") return null;
  const found = pageIssuer(listed, clientId, allowsLoopback);
  if (!found)
    warn(
      "OIDC_CLIENT_ID",
      clientId,
      "is the admitted of no issuer with a https URL and `jwks`; it is ignored",
    );
  return found;
}

/** The entries of a comma-separated list, trimmed, without empty ones. */
function entriesOf(raw: string | undefined): string[] {
  const entries = (raw ?? "").split(",").map((entry) => entry.trim());
  return entries.filter((entry) => entry !== "");
}

function allowedOrigins(raw: string | undefined): Settings["allowedOrigins"] {
  return entriesOf(raw).includes("*") ? "*" : originsIn("ALLOWED_ORIGINS", raw);
}

function originsIn(name: string, raw: string | undefined): string[] {
  return entriesOf(raw).flatMap((entry) => {
    const origin = originOf(entry);
    if (origin === null) warn(name, entry, "an origin is like https://chat.example; this entry is ignored");
    return origin ?? [];
  });
}

/**
 * An origin as browsers send it; null if it is invalid. Origins of apps (`capacitor://localhost`) stay
 * unchanged.
 */
function originOf(entry: string): string | null {
  const bare = entry.replace(/\/$/, "");
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@*\s]+$/i.test(bare) || !URL.canParse(bare)) return null;
  const { origin } = new URL(bare);
  return origin === "null" ? bare : origin;
}

function warn(name: string, value: string | undefined, detail: string): void {
  log("warn", "bad_setting", { setting: name, value, detail });
}
