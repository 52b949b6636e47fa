import { describe, expect, test } from "vitest";
import { wire } from "../../support/clients/wire.ts";

const STRONG = "a-key-of-a-service-that-is-long";

/** A call of each API, and of those that need no token. */
const CALLS = [
  ["GET", "/healthz"],
  ["GET", "/v1/me"],
  ["POST", "/v1/register"],
  ["GET", "/message"],
  ["POST", "/user/friend_list/"],
  ["GET", "/api/v3/user-chat/list"],
  ["GET", "/chat/session-info/"],
  ["POST", "/login"],
  ["GET", "/no/such/path"],
] as const;

const UNSAFE: [Partial<Env>, string][] = [
  [{ APP_KEYS: `${STRONG},dev-app-key` }, "APP_KEYS"],
  [{ APP_KEYS: "dev-app-key-that-is-long-enough" }, "APP_KEYS"],
  [{ APP_KEYS: "fifteen letters" }, "APP_KEYS"],
  [{ USERSIG_RULE_KEY: "dev-rule-key" }, "USERSIG_RULE_KEY"],
  [{ USERSIG_RULE_KEY: "§" }, "USERSIG_RULE_KEY"],
  [{ ALLOWED_ORIGINS: "*", USERSIG_PROVISIONING: "open" }, "USERSIG_PROVISIONING"],
];

describe.each(UNSAFE)("with %j", (unsafe, name) => {
  const settings: Partial<Env> = { APP_KEYS: STRONG, USERSIG_RULE_KEY: STRONG, ...unsafe };

  test.each(CALLS)("a public address answers %s %s with 500, and names the setting", async (method, path) => {
    const { status, body } = await wire({ method, path, settings });
    expect(status).toBe(500);
    expect(JSON.stringify(body)).toContain(name);
    for (const key of [unsafe.APP_KEYS, unsafe.USERSIG_RULE_KEY])
      if (key) expect(JSON.stringify(body)).not.toContain(key);
  });

  test.each([
    "localhost:8787",
    "parley.localhost",
    "127.0.0.1:8787",
    "192.168.1.20",
    "10.0.0.1",
    "172.20.0.3",
    "[::1]:8787",
    "[fd00::1]",
  ])("a client on %s is served", async (host) => {
    const answer = await wire({ method: "GET", path: "/healthz", settings, origin: `http://${host}` });
    expect(answer.status).toBe(200);
  });

  test.each([
    "localhost.example.com",
    "172.32.0.1",
    "10.example.com",
    "127.0.0.1.example.com",
    "[2001:db8::1]",
  ])("%s is a public address", async (host) => {
    const answer = await wire({ method: "GET", path: "/healthz", settings, origin: `http://${host}` });
    expect(answer.status).toBe(500);
  });
});

test("strong keys, open provisioning to chosen origins, and no keys at all are served at a public address", async () => {
  const safe: Partial<Env>[] = [
    { APP_KEYS: "", USERSIG_RULE_KEY: "" },
    { APP_KEYS: STRONG, USERSIG_RULE_KEY: STRONG },
    { ALLOWED_ORIGINS: "https://chat.example", USERSIG_PROVISIONING: "open" },
    { ALLOWED_ORIGINS: "*" },
  ];
  for (const settings of safe)
    expect((await wire({ method: "GET", path: "/healthz", settings })).status).toBe(200);
});
