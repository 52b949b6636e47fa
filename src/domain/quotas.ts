import { z } from "zod";
import { CoreError } from "./errors.ts";

/** The window in which a use counts, and for how long an account is new. */
export const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;

/** A new account has this part of a quota, and 1 at least; a bot has it of what is its own share. */
const PART = 1 / 5;

/** The quotas of a user, unless the setting `QUOTAS` says otherwise. */
const DEFAULTS = {
  /** direct conversations with strangers that a user begins in a day */
  directs: 50,
  /** users whom a user adds to groups in a day */
  members: 500,
  /** groups that a user makes in a day */
  groups: 50,
  /** spaces that a user makes in a day */
  spaces: 10,
  /** spaces that a user is in, beyond which they come into no other one by themself */
  in_spaces: 100,
  /** requests to join a group, and for friendship, that a user makes in a day */
  requests: 100,
  /** reports that a user makes in a day */
  reports: 20,
  /** bots that a user makes in a day, deleted ones too: a new account has one more than it may keep */
  bots: 30,
  /**
   * sessions of a user, beyond which no password opens another one. By default any number: a program that
   * signs in each time it runs would lock its user out for 30 days
   */
  sessions: null,
  /** scheduled messages of a user that wait */
  scheduled: 100,
  /** bytes of the stored drafts of a user: 500 of the largest (64 KiB), or 80,000 short texts */
  drafts: 32 * MIB,
  /** bytes of the files of a user */
  files: 5 * 1024 * MIB,
} satisfies Record<string, number | null>;
export type QuotaName = keyof typeof DEFAULTS;

/**
 * For whom it counts what a bot of a user does. A bot of the team's is a user as others are.
 * - `maker`: for its maker, also once the bot is deleted.
 * - `share`: for the bot, which has a part. All bots of a user have together what one user has.
 * - `bot`: for the bot, which has as much as a user.
 * - `nobody`: a bot cannot do it.
 */
export const BOTS_COUNT = {
  ...({
    members: "maker",
    groups: "maker",
    spaces: "maker",
    requests: "maker",
    reports: "maker",
    files: "maker",
  } as const),
  // What waits is in the inbox of the bot: to count it in that of its maker would take a call for each.
  ...({ scheduled: "share", drafts: "share" } as const),
  // Many spaces let the same bot in.
  ...({ in_spaces: "bot" } as const),
  // It begins no conversation with a stranger, makes no bots and has no password.
  ...({ directs: "nobody", bots: "nobody", sessions: "nobody" } as const),
} satisfies Record<QuotaName, "maker" | "share" | "bot" | "nobody">;

/** The quotas of a day whose uses the user's inbox counts. Their names are stored there. */
export const COUNTED_QUOTAS = ["directs", "members", "groups", "spaces", "requests", "bots"] as const;
export type CountedQuota = (typeof COUNTED_QUOTAS)[number];

/** What a call is about to do: of a quota, keys of what it does. */
export interface QuotaUse {
  quota: CountedQuota;
  keys: string[];
}

/** The most of each that a user may have; null: any number. */
export type Quotas = Record<QuotaName, number | null>;

/** No quota limits anything. */
export const NO_QUOTAS: Quotas = withDefaults(() => null);

/** A quota is a number, of drafts and files in MiB. */
const Limit = z.union([
  z.literal("off").transform(() => null),
  z.coerce.number().pipe(z.int().positive().max(1_000_000_000)),
]);
const Name = z.custom<QuotaName>((name) => typeof name === "string" && Object.hasOwn(DEFAULTS, name));
const Entry = z.tuple([Name, Limit]);

/** The setting `QUOTAS`: `directs=20,members=off`, or `off`. What it does not name is as by default. */
export const QuotaSetting = z.string().transform((text, context): Quotas => {
  if (text === "off") return NO_QUOTAS;
  const entries = text.split(",").map((entry) => entry.split("=").map((part) => part.trim()));
  const parsed = z.array(Entry).safeParse(entries);
  if (!parsed.success) {
    context.addIssue(`is a list like directs=20,members=off, of ${Object.keys(DEFAULTS).join(", ")}`);
    return z.NEVER;
  }
  const given = new Map(
    parsed.data.map(([name, limit]) => [name, limit === null ? null : limit * unitOf(name)]),
  );
  return withDefaults((name) => given.get(name));
});

/** The quotas without a setting. */
export const DEFAULT_QUOTAS: Quotas = withDefaults(() => undefined);

/** @param given null: no limit; undefined: that of the table */
function withDefaults(given: (name: QuotaName) => number | null | undefined): Quotas {
  const of = (name: QuotaName) => {
    const limit = given(name);
    return limit === undefined ? DEFAULTS[name] : limit;
  };
  return {
    ...{ directs: of("directs"), members: of("members"), groups: of("groups"), requests: of("requests") },
    ...{
      spaces: of("spaces"),
      in_spaces: of("in_spaces"),
      reports: of("reports"),
      bots: of("bots"),
      sessions: of("sessions"),
    },
    ...{ scheduled: of("scheduled"), drafts: of("drafts"), files: of("files") },
  };
}

function unitOf(name: QuotaName): number {
  return name === "drafts" || name === "files" ? MIB : 1;
}

/** When a bot of a user was made, for its share of a quota: it is new for ever (ms since 1970). */
export const NEW_FOR_EVER = Number.MAX_SAFE_INTEGER - DAY_MS;

/**
 * How much a user may have.
 * @param registeredAt when their account was made (ms since 1970), or `NEW_FOR_EVER`
 * @returns null: any number
 */
export function limitFor(limit: number | null, registeredAt: number, now: number): number | null {
  if (limit === null) return null;
  return now < registeredAt + DAY_MS ? Math.max(1, Math.floor(limit * PART)) : limit;
}

/** What each quota is of, for people. */
const MEANS: Record<QuotaName, (limit: number) => string> = {
  directs: (limit) => `begin ${limit} direct conversations a day with users with whom you share nothing`,
  members: (limit) => `add ${limit} users to groups a day`,
  groups: (limit) => `make ${limit} groups a day`,
  spaces: (limit) => `make ${limit} spaces a day`,
  in_spaces: (limit) => `be in ${limit} spaces: leave one`,
  requests: (limit) => `make ${limit} requests a day, to join groups and for friendship`,
  reports: (limit) => `report ${limit} times a day`,
  bots: (limit) => `make ${limit} bots a day, deleted ones included`,
  sessions: (limit) => `have ${limit} sessions: end one on a device where you are signed in`,
  scheduled: (limit) => `have ${limit} scheduled messages: delete one, or wait until one is sent`,
  drafts: (limit) => `have ${inMib(limit)} MiB of created messages that wait to be sent: send some of them`,
  files: (limit) => `have ${inMib(limit)} MiB of files: delete some of them`,
};

function inMib(bytes: number): string {
  return String(Math.floor((10 * bytes) / MIB) / 10);
}

/**
 * The `quota` for what would be more than a user may have.
 * @param use `used`: what the user has; `resetsAt`: when there is room for it, if nothing else is done (ms
 *   since 1970); null: no time makes it
 */
export function overQuota(
  name: QuotaName,
  use: { limit: number; used: number; resetsAt: number | null },
): CoreError {
  const { limit, resetsAt } = use;
  const retryAfter = resetsAt === null ? undefined : Math.max(1, Math.ceil((resetsAt - Date.now()) / 1_000));
  const detail = `You can ${MEANS[name](limit)}.`;
  return new CoreError("quota", detail, { quota: use, ...(retryAfter && { retryAfter }) });
}
