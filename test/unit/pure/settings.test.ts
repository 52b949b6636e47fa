import { afterEach, expect, test, vi } from "vitest";
import { DEFAULT_QUOTAS, NO_QUOTAS } from "../../../src/domain/quotas.ts";
import { readSettings } from "../../../src/domain/settings.ts";

const DEFAULTS = {
  ...{
    rateLimits: true,
    quotas: DEFAULT_QUOTAS,
    allowedOrigins: [],
    maxGroupMembers: 1_000,
    archiveBytes: null,
    crowdMembers: 1_000,
    maxSpaceMembers: 100_000,
    audienceRate: 20,
    maxLiveMembers: 200,
    maxChanges: 5_000,
    maxUploadBytes: 1024 ** 3,
    appKeys: [],
  },
  ...{
    ruleKey: "",
    rule: "static",
    provisioning: "key",
    timeZone: "Asia/Shanghai",
    revokeWindowS: 120,
    editWindowS: 0,
  },
  eventNames: "document",
  ...{
    registration: "open",
    setupCode: null,
    requestLog: "all",
    backsUpDaily: false,
    isRestoring: false,
    unsafe: null,
    publicOrigin: null,
    formerOrigins: [],
  },
  issuers: [],
  pageIssuer: null,
  wayOut: { allowsLoopback: false, resolver: "https://cloudflare-dns.com/dns-query" },
  spacesDirectory: false,
  linkPreviews: false,
  retentionDays: null,
  push: { vapid: null, fcm: null, hosts: [] },
  asksConsent: true,
  consent: { whoMayWrite: "everybody", whoMayAdd: "everybody" },
  policies: {
    profiles: "user",
    direct: "anyone",
    groups: "anyone",
    spaces: "anyone",
    bots: "anyone",
    lookup: "anyone",
  },
};

afterEach(() => {
  vi.restoreAllMocks();
});

/** The log lines of warnings from now on. */
function warnings(): string[][] {
  return vi.spyOn(console, "warn").mockImplementation(() => undefined).mock.calls;
}

test.each([{}, { RATE_LIMITS: "", ALLOWED_ORIGINS: " ", MAX_GROUP_MEMBERS: "" }, { RATE_LIMITS: "on" }])(
  "%j gives the defaults, without a log line",
  (raw) => {
    const warned = warnings();
    expect(readSettings(raw)).toEqual(DEFAULTS);
    expect(warned).toEqual([]);
  },
);

test.each(["0", "-1", "1.5", "many", "1e999", "1000 people", "NaN", "200001"])(
  "MAX_GROUP_MEMBERS %j counts as absent, and is logged once",
  (MAX_GROUP_MEMBERS) => {
    const warned = warnings();
    expect(readSettings({ MAX_GROUP_MEMBERS })).toEqual(DEFAULTS);
    expect(readSettings({ MAX_GROUP_MEMBERS })).toEqual(DEFAULTS);
    expect(warned).toHaveLength(1);
    expect(warned[0]?.[0]).toContain('"setting":"MAX_GROUP_MEMBERS"');
  },
);

test("MAX_GROUP_MEMBERS is a number of members", () => {
  expect(readSettings({ MAX_GROUP_MEMBERS: " 20 " }).maxGroupMembers).toBe(20);
  expect(readSettings({ MAX_GROUP_MEMBERS: "200000" }).maxGroupMembers).toBe(200_000);
});

test("PROFILES, DIRECT, GROUPS, SPACES, BOTS and LOOKUP are policies; another word counts as absent, and is logged", () => {
  const warned = warnings();
  const set = {
    PROFILES: "server",
    DIRECT: "friends",
    GROUPS: "server",
    SPACES: "off",
    BOTS: "server",
    LOOKUP: "off",
  };
  expect(readSettings(set).policies).toEqual({
    ...{
      profiles: "server",
      direct: "friends",
      groups: "server",
      spaces: "off",
      bots: "server",
      lookup: "off",
    },
  });
  expect(warned).toEqual([]);
  const misspelt = {
    PROFILES: "servers",
    DIRECT: "FRIENDS",
    GROUPS: "off",
    SPACES: "on",
    BOTS: "none",
    LOOKUP: "none",
  };
  expect(readSettings(misspelt).policies).toEqual(DEFAULTS.policies);
  expect(warned).toHaveLength(6);
  // Without SPACES spaces are made as groups are.
  expect(readSettings({ GROUPS: "server" }).policies.spaces).toBe("server");
  expect(readSettings({ GROUPS: "server", SPACES: "anyone" }).policies.spaces).toBe("anyone");
});

test("WHO_MAY_WRITE and WHO_MAY_ADD name those who are admitted; another word counts as absent", () => {
  const warned = warnings();
  const { consent } = readSettings({ WHO_MAY_WRITE: "contacts", WHO_MAY_ADD: " nobody " });
  expect(consent).toEqual({ whoMayWrite: "contacts", whoMayAdd: "nobody" });
  expect(readSettings({ WHO_MAY_WRITE: "all" }).consent).toEqual(DEFAULTS.consent);
  expect(warned).toHaveLength(1);
});

test("ARCHIVE_MIB is a number of MiB, and nothing moves without it", () => {
  expect(readSettings({ ARCHIVE_MIB: "2048" }).archiveBytes).toBe(2048 * 1024 * 1024);
  expect(readSettings({ ARCHIVE_MIB: "" }).archiveBytes).toBe(null);
});

test("LIVE_MEMBERS, CROWD_MEMBERS and MAX_SPACE_MEMBERS are numbers of members", () => {
  expect(readSettings({ LIVE_MEMBERS: "50", CROWD_MEMBERS: "60", MAX_SPACE_MEMBERS: "70" })).toMatchObject({
    ...{ maxLiveMembers: 50, crowdMembers: 60, maxSpaceMembers: 70 },
  });
  const warned = warnings();
  expect(readSettings({ CROWD_MEMBERS: "1" }).crowdMembers).toBe(1_000);
  expect(warned).toHaveLength(1);
});

test("AUDIENCE_RATE is a number of messages a second, or 0", () => {
  expect(readSettings({ AUDIENCE_RATE: "50" }).audienceRate).toBe(50);
  const warned = warnings();
  expect(readSettings({ AUDIENCE_RATE: "0" }).audienceRate).toBe(0);
  expect(warned).toEqual([]);
  expect(readSettings({ AUDIENCE_RATE: "-1" }).audienceRate).toBe(20);
  expect(warned).toHaveLength(1);
});

test.each([
  ["https://Chat.example", "https://chat.example"],
  [" https://chat.example:8443/ ", "https://chat.example:8443"],
  ["http://localhost:8787", "http://localhost:8787"],
])("PUBLIC_ORIGIN %j is an origin, as URLs write it", (PUBLIC_ORIGIN, publicOrigin) => {
  expect(readSettings({ PUBLIC_ORIGIN })).toEqual({ ...DEFAULTS, publicOrigin });
});

test.each([
  "chat.example",
  "capacitor://localhost",
  "https://chat.example/files",
  "https://a@b.example",
  "*",
])("PUBLIC_ORIGIN %j counts as absent, and is logged", (PUBLIC_ORIGIN) => {
  const warned = warnings();
  expect(readSettings({ PUBLIC_ORIGIN })).toEqual(DEFAULTS);
  expect(warned).toHaveLength(1);
});

test("FORMER_ORIGINS is a list of origins, whose invalid entries are ignored and logged", () => {
  const warned = warnings();
  const FORMER_ORIGINS = "https://A.example/, nonsense,http://b.example:8080";
  expect(readSettings({ FORMER_ORIGINS }).formerOrigins).toEqual([
    "https://a.example",
    "http://b.example:8080",
  ]);
  expect(warned).toHaveLength(1);
});

test("APP_KEYS is a list, whose spaces and empty entries are ignored", () => {
  expect(readSettings({ APP_KEYS: " one,two , ,three," }).appKeys).toEqual(["one", "two", "three"]);
});

test("QUOTAS names some quotas, or none; without rate limits there are none; a typo is logged", () => {
  const warned = warnings();
  expect(readSettings({ QUOTAS: "directs=20, drafts=1,members=off" }).quotas).toEqual({
    ...DEFAULT_QUOTAS,
    ...{ directs: 20, drafts: 1024 ** 2, members: null },
  });
  expect(readSettings({ QUOTAS: "off" }).quotas).toEqual(NO_QUOTAS);
  expect(warned).toEqual([]);
  for (const QUOTAS of [
    "directs",
    "directs=0",
    "friends=1",
    "directs=1;members=2",
    "directs=1,",
    "toString=1",
  ])
    expect(readSettings({ QUOTAS }).quotas, QUOTAS).toEqual(DEFAULT_QUOTAS);
  expect(warned).toHaveLength(6);
  expect(readSettings({ QUOTAS: "directs=1", RATE_LIMITS: "off" }).quotas).toEqual(NO_QUOTAS);
});

test("RATE_LIMITS is turned off only by `off`, which is logged once", () => {
  const warned = warnings();
  expect(readSettings({ RATE_LIMITS: "off" }).rateLimits).toBe(false);
  expect(readSettings({ RATE_LIMITS: "off" }).rateLimits).toBe(false);
  expect(warned.flat()).toEqual([expect.stringContaining('"event":"rate_limits_off"')]);
  for (const RATE_LIMITS of ["OFF", "false", "0", "no", "disabled"]) {
    expect(readSettings({ RATE_LIMITS }).rateLimits, RATE_LIMITS).toBe(true);
  }
  expect(warned).toHaveLength(6);
});

test("ALLOWED_ORIGINS is a list of origins as browsers write them", () => {
  const warned = warnings();
  const allowed = (ALLOWED_ORIGINS: string) => readSettings({ ALLOWED_ORIGINS }).allowedOrigins;
  expect(allowed("https://A.test:443/, http://b.test:8080 ,capacitor://localhost,")).toEqual([
    "https://a.test",
    "http://b.test:8080",
    "capacitor://localhost",
  ]);
  expect(allowed("https://a.test,*")).toBe("*");
  expect(warned).toEqual([]);
  expect(allowed("chat.example, null, https://a.test/path, https://*.b.test, https://u@c.test")).toEqual([]);
  expect(warned).toHaveLength(5);
});

test("an unknown time zone, rule, provisioning mode or set of event names counts as absent", () => {
  const warned = warnings();
  expect(readSettings({ USERSIG_TIME_ZONE: "Mars/Olympus" })).toEqual(DEFAULTS);
  expect(readSettings({ USERSIG_RULE: "md5" })).toEqual(DEFAULTS);
  expect(readSettings({ USERSIG_PROVISIONING: "OPEN" })).toEqual(DEFAULTS);
  expect(readSettings({ USERSIG_EVENT_NAMES: "Django" })).toEqual(DEFAULTS);
  expect(warned).toHaveLength(4);
  const set = {
    USERSIG_EVENT_NAMES: "django",
    USERSIG_TIME_ZONE: "America/New_York",
    USERSIG_PROVISIONING: "open",
    USERSIG_RULE_KEY: " the key of a service ",
  };
  expect(readSettings(set)).toEqual({
    ...DEFAULTS,
    ...{ timeZone: "America/New_York", provisioning: "open", ruleKey: "the key of a service" },
    eventNames: "django",
  });
  expect(warned).toHaveLength(4);
});

test("a rule open to anybody is logged as an error, and the key is never logged", () => {
  const warned = vi.spyOn(console, "error").mockImplementation(() => undefined).mock.calls;
  readSettings({ USERSIG_RULE: "md5-minute", USERSIG_RULE_KEY: "the key" });
  expect(warned.flat()).toEqual([expect.stringContaining('"event":"weak_rule"')]);
  expect(warned.flat().join()).not.toContain("the key");
  const others = warnings();
  readSettings({ USERSIG_RULE: "the key", USERSIG_PROVISIONING: "the key" });
  expect(others).toHaveLength(2);
  expect(others.flat().join()).not.toContain("the key");
});

test("the size of a file in parts is 1 to 1,024 MiB", () => {
  const warned = warnings();
  expect(readSettings({ MAX_UPLOAD_MIB: "5" }).maxUploadBytes).toBe(5 * 1024 ** 2);
  expect(readSettings({ MAX_UPLOAD_MIB: "1024" }).maxUploadBytes).toBe(1024 ** 3);
  expect(warned).toEqual([]);
  for (const raw of ["1025", "0", "0.5", "-1", "many"])
    expect(readSettings({ MAX_UPLOAD_MIB: raw })).toEqual(DEFAULTS);
  expect(warned).toHaveLength(5);
});

const ISSUER = {
  ...{ issuer: "https://id.example", audience: "parley", algorithms: ["RS256"] },
  jwks: "https://id.example/keys",
};
const OTHER_ISSUER = { ...ISSUER, issuer: "https://other.example" };
const ISSUER_DEFAULTS = {
  ...{ external_id: "sub", nickname: "name", avatar: "picture" },
  ...{ provision: "first_use", profile: "locked" },
};

test("AUTH_ISSUERS is a list of issuers, each with a key set or a secret", () => {
  const { jwks: _, ...rest } = ISSUER;
  const shared = { ...rest, audience: "other", secret: "ID_SECRET", algorithms: ["HS256"], profile: "seed" };
  const AUTH_ISSUERS = JSON.stringify([ISSUER, shared]);
  expect(readSettings({ AUTH_ISSUERS }).issuers).toEqual([
    { ...ISSUER_DEFAULTS, ...ISSUER },
    { ...ISSUER_DEFAULTS, ...shared },
  ]);
});

test.each([
  ["have a prefix each", "a:", "b:"],
  ["have one prefix each, but for the first", undefined, "b:"],
  ["say that they share their users", "", ""],
])("issuers %s", (_, first, second) => {
  const prefix = (external_id_prefix: string | undefined) => ({ external_id_prefix });
  const list = [
    { ...ISSUER, ...prefix(first) },
    { ...OTHER_ISSUER, ...prefix(second) },
  ];
  expect(readSettings({ AUTH_ISSUERS: JSON.stringify(list) }).issuers).toHaveLength(2);
});

test.each([
  ["is no JSON", "[{"],
  ["is no list", "{}"],
  ["has a typo", [{ ...ISSUER, algorithm: "RS256" }]],
  ["has no algorithms", [{ ...ISSUER, algorithms: [] }]],
  ["has the algorithm none", [{ ...ISSUER, algorithms: ["none"] }]],
  ["has a secret's algorithm for a key set", [{ ...ISSUER, algorithms: ["RS256", "HS256"] }]],
  ["has a key set over plain HTTP", [{ ...ISSUER, jwks: "http://id.example/keys" }]],
  ["has a key set on this machine", [{ ...ISSUER, jwks: "http://localhost:9000/keys" }]],
  ["has a key set with a password", [{ ...ISSUER, jwks: "https://a:b@id.example/keys" }]],
  ["has neither a key set nor a secret", [{ ...ISSUER, jwks: undefined }]],
  ["has both", [{ ...ISSUER, secret: "ID_SECRET" }]],
  [
    "shares Parley's own key",
    [{ ...ISSUER, jwks: undefined, secret: "TOKEN_SECRET", algorithms: ["HS256"] }],
  ],
  ...["VAPID_PUBLIC_KEY", "OIDC_CLIENT_ID", "PUBLIC_ORIGIN"].map((secret): [string, unknown] => [
    `takes ${secret} for a secret`,
    [{ ...ISSUER, jwks: undefined, secret, algorithms: ["HS256"] }],
  ]),
  ["names one issuer twice", [ISSUER, ISSUER]],
  ["does not say whether two issuers share users", [ISSUER, OTHER_ISSUER]],
  ["says it of one of them alone", [{ ...ISSUER, external_id_prefix: "" }, OTHER_ISSUER]],
  ["has a good entry beside a bad one", [ISSUER, {}]],
])("AUTH_ISSUERS that %s counts as absent, and is logged without its value", (_, value) => {
  const warned = warnings();
  const AUTH_ISSUERS = typeof value === "string" ? value : JSON.stringify(value);
  expect(readSettings({ AUTH_ISSUERS })).toEqual(DEFAULTS);
  expect(warned).toHaveLength(1);
  expect(warned[0]?.[0]).toContain('"setting":"AUTH_ISSUERS"');
  expect(warned[0]?.[0]).not.toContain("id.example");
});

test.each(["localhost", "127.0.0.1:9000", "[::1]:9000", "id.localhost"])(
  "the key set of an issuer may be at http://%s where `npm run dev` says so",
  (host) => {
    const AUTH_ISSUERS = JSON.stringify([{ ...ISSUER, jwks: `http://${host}/keys` }]);
    expect(readSettings({ AUTH_ISSUERS, DEV_LOOPBACK: "on" }).issuers).toHaveLength(1);
  },
);

test.each(["localhost.example", "127.0.0.1.example", "10.0.0.1", "0x7f000001.example"])(
  "the key set of an issuer is never at http://%s",
  (host) => {
    const warned = warnings();
    const AUTH_ISSUERS = JSON.stringify([{ ...ISSUER, jwks: `http://${host}/keys` }]);
    expect(readSettings({ AUTH_ISSUERS, DEV_LOOPBACK: "on" }).issuers).toEqual([]);
    expect(warned).toHaveLength(1);
  },
);
