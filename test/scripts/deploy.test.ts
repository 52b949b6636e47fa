import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DeployFailure } from "../../scripts/deploy/failure.ts";
import { readOptions } from "../../scripts/deploy/options.ts";
import { deploy as deployWith } from "../../scripts/deploy/run.ts";
import { newVapidKeys } from "../../scripts/support/vapid.ts";
import { collectOutput, exitCode, ROOT } from "../../scripts/support/wrangler.ts";
import { readSettings } from "../../src/domain/settings.ts";
import { sampledCases } from "../support/sampled-cases.ts";
import { Account, NEW_ACCOUNT } from "./account.ts";
import { callFake } from "./fake-wrangler.ts";

/** What stands in for the deployed Worker: status and body by path. */
const WELL: Record<string, [number, unknown]> = {
  "/healthz": [200, { ok: true }],
  "/openapi.json": [200, { openapi: "3.1.0", info: { title: "Parley" } }],
  "/v1/me": [401, { code: "unauthenticated" }],
  "/v1/login": [401, { code: "unauthenticated" }],
};
let answers = WELL;
const server = createServer((request, response) => {
  const [status, body] = answers[request.url ?? ""] ?? [404, {}];
  response.writeHead(status, { "X-Request-Id": "ray-1" }).end(JSON.stringify(body));
});
const folder = mkdtempSync(join(tmpdir(), "parley-test-"));
let address = "";
let headers = "";
let account: Account;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = server.address();
  address = `http://127.0.0.1:${typeof at === "object" && at ? at.port : 0}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  answers = WELL;
  headers = "";
  account = structuredClone(NEW_ACCOUNT);
});

/** Builds what stands in for the web client. */
async function buildAssets(assets: string): Promise<void> {
  mkdirSync(assets);
  writeFileSync(join(assets, "_headers"), headers);
}

/** Changes the account from outside of the script. */
function change(changes: Partial<Account>): void {
  account = { ...account, ...structuredClone(changes) };
}

/** Deploys into the account. @returns the exit code of the script, and what it printed */
async function deploy(
  args: string[] = [],
  env: Record<string, string> = {},
  typed?: Record<string, string>,
  config?: string,
) {
  const lines: string[] = [];
  const options = readOptions(["--address", address, ...args], env, typed !== undefined);
  if (options === null) throw new Error("help is no deployment");
  try {
    await deployWith(options, {
      run: async (argv, more) => callFake(account, argv, more),
      buildAssets,
      env,
      tell: (line) => lines.push(line),
      ask: typed ? async (question) => typed[question.split(",")[0] ?? ""] ?? "" : null,
      patienceMs: 0,
      ...(config !== undefined && { config }),
    });
    return { code: 0, output: lines.join("\n") };
  } catch (error) {
    if (!(error instanceof DeployFailure)) throw error;
    return { code: 1, output: [...lines, error.message].join("\n") };
  }
}

/** Writes a changed wrangler.toml. @returns its path */
function configWith(edit: (text: string) => string): string {
  const path = join(folder, "wrangler.toml");
  writeFileSync(path, edit(readFileSync(join(ROOT, "wrangler.toml"), "utf8")));
  return path;
}

/** The calls so far, without their flags. */
function steps(): string[] {
  return account.calls.map((call) => {
    const words = call.filter((word, i) => !word.startsWith("-") && !call[i - 1]?.startsWith("--"));
    return call.includes("--dry-run") ? "build" : words.join(" ");
  });
}

const SECRETS = ["VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY", "TOKEN_SECRET", "APP_KEYS", "USERSIG_RULE_KEY"];

test("a first deployment creates, migrates, deploys with secrets, and tries the address, in this order", async () => {
  const { code, output } = await deploy();
  expect([code, output]).toEqual([0, expect.stringContaining("passwords can be checked")]);
  expect(steps()).toEqual([
    ...["build", "whoami", "secret list"],
    ...["d1 list", "d1 create parley-db", "d1 list"],
    ...["r2 bucket list", "r2 bucket info parley-files", "r2 bucket create parley-files"],
    ...["d1 execute DB", "d1 migrations apply DB", "deploy"],
  ]);
  // The Worker has the database that was migrated.
  expect(account.migrated).toEqual(["id-of-parley-db"]);
  const resources = { database: "id-of-parley-db", bucket: "parley-files" };
  expect(account.worker).toMatchObject({ name: "parley", ...resources });
  expect(output).toContain("deployed version version-1 to https://parley.example.workers.dev");
  expect(output).toContain("ALLOWED_ORIGINS");
});

test("missing secrets are made at random; no output and no argument has them", async () => {
  const { output } = await deploy();
  const secrets = account.worker?.secrets ?? {};
  expect(Object.keys(secrets)).toEqual(SECRETS);
  const values = Object.values(secrets);
  expect(new Set(values).size).toBe(5);
  // 48 bytes; of Web Push 65 and 32.
  expect(values.map(({ length }) => length)).toEqual([87, 43, 64, 64, 64]);
  expect(readSettings(secrets).push.vapid).not.toBeNull();
  for (const value of values) {
    expect(value).toMatch(/^[\w-]+$/);
    expect(output).not.toContain(value);
    expect(JSON.stringify(account.calls)).not.toContain(value);
  }
});

test("keys can be typed, and TOKEN_SECRET is not asked for", async () => {
  const typed = { TOKEN_SECRET: "not asked for", APP_KEYS: " a key of an app. " };
  await deploy([], {}, typed);
  const { TOKEN_SECRET, APP_KEYS, USERSIG_RULE_KEY } = account.worker?.secrets ?? {};
  expect([TOKEN_SECRET?.length, APP_KEYS, USERSIG_RULE_KEY?.length]).toEqual([64, "a key of an app.", 64]);
});

test("secrets are taken from the environment, and checked before anything is deployed", async () => {
  const given = {
    TOKEN_SECRET: "a new key of more than 32 characters,an old key of more than 32 characters",
    APP_KEYS: "a key of an app.",
    USERSIG_RULE_KEY: "a key of a service",
    ...newVapidKeys(),
  };
  await deploy([], given);
  expect(account.worker?.secrets).toEqual(given);
});

test.each([
  [{ TOKEN_SECRET: "short" }, "at least 32"],
  [{ TOKEN_SECRET: "a".repeat(40) }, "random characters"],
  [{ TOKEN_SECRET: "1,2,3".replaceAll(/\d/g, "a key of more than 32 characters, $&") }, "at least 32"],
  [{ APP_KEYS: "long enough as a key,short" }, "fewer than 16"],
  [{ USERSIG_RULE_KEY: "dev-rule-key-that-is-long" }, "everybody knows"],
  [{ VAPID_PUBLIC_KEY: newVapidKeys().VAPID_PUBLIC_KEY }, "a pair"],
])("a secret that the Worker would refuse is refused before: %j", async (wrong, reason) => {
  const { code, output } = await deploy([], wrong);
  expect([code, account.worker, output]).toEqual([1, null, expect.stringContaining(reason)]);
  expect(output).not.toContain(Object.values(wrong)[0]);
});

test("a second run changes nothing; a change of the code deploys it, and keeps secrets and data", async () => {
  await deploy();
  const first = account.worker;
  const again = await deploy();
  expect([again.code, again.output]).toEqual([0, expect.stringContaining("nothing to deploy")]);
  expect(account.worker).toEqual(first);
  expect(steps().filter((step) => step.includes("create"))).toHaveLength(2);

  change({ code: "export default { fetch() {} }" });
  await deploy([], { APP_KEYS: "another key, which is not taken" });
  expect(account.deployments).toBe(2);
  expect(account.worker).toMatchObject({ secrets: first?.secrets, database: "id-of-parley-db" });
  await deploy(["--force"]);
  expect(account.deployments).toBe(3);
});

test("a change of the headers of the page deploys it", async () => {
  for (const policy of ["'self'", "'none'"]) {
    headers = `/*\n  Content-Security-Policy: default-src ${policy}\n`;
    await deploy();
  }
  expect(account.deployments).toBe(2);
});

test("a secret that the Worker lacks is made by the next run", async () => {
  await deploy();
  const { APP_KEYS: _lost, ...kept } = account.worker?.secrets ?? {};
  change({ worker: account.worker && { ...account.worker, secrets: kept } });
  await deploy();
  expect(account.worker?.secrets).toEqual({ ...kept, APP_KEYS: expect.stringMatching(/^[\w-]{64}$/) });
});

test("a run that failed half-way is repeated", async () => {
  change({ failing: ["r2 bucket create"] });
  expect((await deploy()).code).toBe(1);
  expect(account.worker).toBeNull();
  change({ failing: [] });
  expect((await deploy()).code).toBe(0);
  expect(account.databases.filter(({ name }) => name === "parley-db")).toHaveLength(1);
});

describe("nothing is deployed", () => {
  const TWO = [
    { id: "a1", name: "One" },
    { id: "a2", name: "Two" },
  ];

  /** The migrations of before 0.2.0 were more, and the first of the same name was another. */
  const BEFORE = {
    tables: [{ name: "d1_migrations", sql: "CREATE TABLE d1_migrations (name TEXT)" }],
    applied: [{ name: "0000_start.sql" }, { name: "0001_user_ids.sql" }],
  };

  test.each<[string, Partial<Account>, string, string]>([
    ["the build fails", { failing: ["deploy --dry-run"] }, "does not build", "build"],
    ["nobody is signed in", { signedIn: false }, "npx wrangler login", "whoami"],
    ["several accounts could be meant", { accounts: TWO }, "a2  Two", "whoami"],
    ["the API cannot be reached", { failing: ["secret list"] }, "cannot be read", "secret list"],
    ["R2 is not turned on", { failing: ["r2 bucket list"] }, "in the dashboard", "r2 bucket list"],
    ["the database is of before 0.2.0", BEFORE, "cannot use it. Nothing was changed", "d1 execute DB"],
    ["a migration fails", { failing: ["d1 migrations"] }, "Nothing was deployed", "d1 migrations apply DB"],
  ])("if %s", async (_what, changes, reason, last) => {
    change(changes);
    const { code, output } = await deploy();
    expect([code, output]).toEqual([1, expect.stringContaining(reason)]);
    expect([account.worker, account.deployments, steps().at(-1)]).toEqual([null, 0, last]);
  });

  test("if the deployed Worker has another database, until wrangler.toml says which one is meant", async () => {
    await deploy();
    change({
      worker: account.worker && { ...account.worker, database: "restored" },
      databases: [...account.databases, { uuid: "restored", name: "a name of its own" }],
      code: "changed",
    });
    const { code, output } = await deploy();
    expect([code, output]).toEqual([1, expect.stringContaining("uses the database restored")]);
    expect([account.deployments, account.migrated.length]).toEqual([1, 1]);

    for (const id of ["restored", "id-of-parley-db"]) {
      const named = configWith((text) =>
        text.replace('binding = "DB"', `binding = "DB"\ndatabase_id = "${id}"`),
      );
      expect((await deploy([], {}, undefined, named)).code).toBe(0);
      expect([account.worker?.database, account.migrated.at(-1)]).toEqual([id, id]);
    }
  });

  test("but one of several accounts can be chosen by its id, and each later call names it", async () => {
    change({ accounts: TWO });
    const { code, output } = await deploy([], { CLOUDFLARE_ACCOUNT_ID: "a2" });
    expect([code, output]).toEqual([0, expect.stringContaining("the account Two")]);
    expect(new Set(account.called.slice(2))).toEqual(new Set(["a2"]));
  });

  test("over another program of this name, unless by force", async () => {
    await deploy();
    const foreign = account.worker && { ...account.worker, tag: "", database: "" };
    change({ ...NEW_ACCOUNT, worker: foreign });
    const { code, output } = await deploy();
    expect([code, output]).toEqual([1, expect.stringContaining("is not Parley")]);
    expect([account.worker, account.databases.length, steps().at(-1)]).toEqual([
      foreign,
      1,
      "versions view version-1",
    ]);
    expect((await deploy(["--force"])).code).toBe(0);
  });

  // Wrangler follows wrangler.toml, whatever the environment says.
  test("if wrangler.toml and the environment name two accounts", async () => {
    change({ accounts: TWO });
    const config = configWith((text) => `account_id = "a1"\n${text}`);
    const { code, output } = await deploy([], { CLOUDFLARE_ACCOUNT_ID: "a2" }, undefined, config);
    expect([code, output]).toEqual([1, expect.stringContaining('account_id = "a1"')]);
    expect([account.worker, account.databases.length]).toEqual([null, 1]);
    expect((await deploy([], {}, undefined, config)).output).toContain("the account One");
  });
});

test("a failing test of the address says how to go back", async () => {
  await deploy();
  change({ code: "broken" });
  answers = { ...WELL, "/v1/me": [500, { code: "internal", detail: "TOKEN_SECRET" }] };
  const { code, output } = await deploy();
  expect(code).toBe(1);
  expect(output).toContain("GET /v1/me (a call without a token is refused) answered 500, request ray-1");
  expect(output).toContain("npx wrangler rollback version-1 --name parley");
  expect(output).toContain("npx wrangler d1 time-travel restore parley-db --timestamp=");
});

test("a first deployment whose address fails its test has nothing to go back to", async () => {
  answers = {};
  const { code, output } = await deploy();
  expect([code, output]).toEqual([1, expect.stringContaining("no version to go back to")]);
});

test("another name is a Worker of its own", async () => {
  await deploy();
  await deploy(["--name", "parley-staging", "--location", "weur"]);
  const resources = { database: "id-of-parley-staging-db", bucket: "parley-staging-files" };
  expect(account.worker).toMatchObject({ name: "parley-staging", ...resources });
  expect(account.calls).toContainEqual(["d1", "create", "parley-staging-db", "--location", "weur"]);
});

test("another name takes neither the domain of the first nor its address of files", async () => {
  const domain = 'routes = [{ pattern = "chat.example.com", custom_domain = true }]\nworkers_dev = false';
  const config = configWith((text) =>
    `${domain}\n${text}`.replace('PUBLIC_ORIGIN = ""', 'PUBLIC_ORIGIN = "https://chat.example.com"'),
  );
  await deploy([], {}, undefined, config);
  const own = { pattern: "chat.example.com", custom_domain: true };
  expect(account.worker).toMatchObject({ routes: [own], workersDev: false });
  expect(account.worker?.publicOrigin).toBe("https://chat.example.com");
  await deploy(["--name", "parley-staging"], {}, undefined, config);
  expect(account.worker).toMatchObject({ name: "parley-staging", routes: [], workersDev: true });
  expect(account.worker?.publicOrigin).toBe("");
});

test("a bucket is found again in an account with more buckets than wrangler lists", async () => {
  change({ buckets: Array.from({ length: 30 }, (_, i) => `another-${i}`) });
  await deploy();
  expect(account.buckets).toHaveLength(31);
  change({ code: "changed" });
  expect(await deploy()).toMatchObject({ code: 0 });
  expect([account.buckets.length, account.deployments]).toEqual([31, 2]);
});

test("a dry run needs no account and changes nothing", async () => {
  change({ signedIn: false });
  const { code, output } = await deploy(["--dry-run"]);
  expect([code, steps()]).toEqual([0, ["build"]]);
  expect(output).toContain("create the database parley-db");
});

describe("as a program", () => {
  /** Runs `npm run deploy` with the fake wrangler as its program, in a temporary folder of its own. */
  async function program(
    args: string[],
    env: Record<string, string> = {},
    onceHanging: (child: ChildProcess) => void = () => undefined,
    before = NEW_ACCOUNT,
  ) {
    const folder = mkdtempSync(join(tmpdir(), "parley-test-"));
    const accountFile = join(folder, "account.json");
    writeFileSync(accountFile, JSON.stringify(before));
    const child = spawn(process.execPath, ["scripts/deploy.ts", "--address", address, ...args], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH,
        TMPDIR: folder,
        PARLEY_WRANGLER: join(import.meta.dirname, "fake-wrangler.ts"),
        FAKE_ACCOUNT: accountFile,
        DEPLOY_PATIENCE_MS: "0",
        ...env,
      },
    });
    const output = collectOutput(child);
    const watcher = watch(folder, (_event, name) => {
      if (name !== "hanging") return;
      watcher.close();
      onceHanging(child);
    });
    const code = await exitCode(child);
    watcher.close();
    account = Account.parse(JSON.parse(readFileSync(accountFile, "utf8")));
    const left = readdirSync(folder);
    rmSync(folder, { recursive: true });
    return { code, output: output(), left };
  }

  test("it deploys once what did not change, and leaves no file behind", async () => {
    const { code, output, left } = await program([]);
    expect([code, output]).toEqual([0, expect.stringContaining("✔ deployed version version-1")]);
    expect([left, account.deployments]).toEqual([["account.json"], 1]);
    const again = await program([], {}, undefined, account);
    expect([again.code, again.output]).toEqual([0, expect.stringContaining("nothing to deploy")]);
  });

  test.each(sampledCases(["SIGINT", "SIGTERM", "SIGHUP"] as const, 1))(
    "it leaves no file behind when %s ends it",
    async (signal) => {
      const { code, left } = await program([], { FAKE_HANGS: "deploy --config" }, (child) =>
        child.kill(signal),
      );
      expect([code, left]).toEqual([130, ["account.json", "hanging"]]);
    },
  );

  test("it refuses unknown flags, and ends with 1", async () => {
    const { code, output } = await program(["--dryrun"]);
    expect([code, account.calls, output]).toEqual([1, [], expect.stringContaining("--dryrun")]);
  });
});
