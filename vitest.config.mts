import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { configDefaults, defineConfig } from "vitest/config";
import { parseCLI } from "vitest/node";
import { unstable_readConfig } from "wrangler";
import { filesBeyond, type Run } from "./test/runs.ts";

const { filter, options } = parseCLI(["vitest", ...process.argv.slice(2)], { allowUnknownOptions: true });
/** `vitest run` is `npm test`; `--mode quick` and `--mode all` are the other two. */
const RUN: Run = options.mode === "quick" || options.mode === "all" ? options.mode : "test";
/** What the run leaves out. A file that the command names is played in any run. */
const BEYOND = filter.length > 0 ? [] : filesBeyond(RUN);

/** The settings of wrangler.toml. The pool by itself would read a developer's .dev.vars. */
const { vars, ratelimits } = unstable_readConfig({ config: "./wrangler.toml" });

/** Tests run on the client as it is written, not as it was built last. */
const CLIENT = {
  find: /^parley-client$/,
  replacement: join(import.meta.dirname, "packages/client/src/index.ts"),
};

/** A folder in memory, on Linux, for the storage of tests. A container may have hardly any space there. */
const MEMORY = "/dev/shm";
/** Four times the space that three concurrent test files take there, in bytes. */
const ROOM = 1024 ** 3;
// The storage need not outlive the test. On a disk every object would wait for each write.
if (!process.env.TMPDIR && hasRoom()) process.env.TMPDIR = MEMORY;

function hasRoom(): boolean {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return Math.min(bavail * bsize, process.availableMemory() / 2) > ROOM;
}

/** A number of the commit's code, below 2 ** 31; 0 outside of a checkout. A change of words keeps it. */
function codeNumber(): number {
  const folders = ["src", "migrations", "packages", "web", "test"].map((folder) => `HEAD:${folder}`);
  const { status, stdout } = spawnSync("git", ["rev-parse", ...folders], { encoding: "utf8" });
  if (status !== 0) return 0;
  return Number.parseInt(createHash("sha256").update(stdout).digest("hex").slice(0, 7), 16);
}

/** The first line of the stack of an error in a timer of undici, whose connection has gone. */
const GONE_CONNECTION = /^\s+at Timeout\.onParserTimeout .*node:internal\/deps\/undici\//m;

/** What all projects have in common: only a hanging test fails by its time, as a small busy machine is slow. */
const COMMON = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
  exclude: [...configDefaults.exclude, ...BEYOND],
};
/** Projects in Node whose modules are loaded once a worker, not once a file. */
const SHARED = { ...COMMON, isolate: false, setupFiles: ["./test/support/shared/setup-node.ts"] };

// wrangler.toml names the folder. Vitest evaluates this file for the run and for projects of it, and Node a
// module once.
const WEB_BUILD = new URL("./web/scripts/build.ts", import.meta.url).href;
await import(WEB_BUILD);

export default defineConfig({
  test: {
    // The tests wait as much as they compute: one worker more than cores keeps all cores busy.
    maxWorkers: availableParallelism() + 1,
    // The Worker logs a line for each request; only failed tests show theirs.
    silent: "passed-only",
    reporters: ["default", "./scripts/support/expense-reporter.ts"],
    // An object woken after the last test of its file asks for its modules, and gets no answer: an error of the
    // pool's. Node's `fetch` has a timer fire for a connection that has gone.
    onUnhandledError: ({ name, stack = "" }) =>
      name !== "EnvironmentTeardownError" && !GONE_CONNECTION.test(stack),
    provide: {
      propertyRuns: process.env.PROPERTY_RUNS ?? "",
      everyCase: Boolean(process.env.EVERY_CASE),
      run: RUN,
      chatMessages: process.env.CHAT_MESSAGES ?? "",
      costTable: process.env.COST_TABLE ?? "",
      seed: Math.abs(Number(process.env.PROPERTY_SEED || codeNumber())),
      isSeedGiven: Boolean(process.env.PROPERTY_SEED),
    },
    projects: [
      {
        // Pure code runs in Node, without a Workers runtime: `npm run test:unit` takes a second or two.
        test: { name: "unit", include: ["test/unit/pure/**/*.test.ts"], ...SHARED },
      },
      {
        // Scripts run as they are, in Node, and start processes of their own. Some build everything twice, which
        // takes a busy machine two minutes.
        resolve: { alias: [CLIENT] },
        test: {
          name: "scripts",
          include: ["test/scripts/**/*.test.ts"],
          ...COMMON,
          testTimeout: 300_000,
        },
      },
      {
        // The client runs in Node, against the Worker in processes of its own. Examples run on packages/client/src/.
        resolve: { alias: [CLIENT] },
        test: {
          name: "client",
          include: ["packages/client/test/**/*.test.{ts,tsx}"],
          globalSetup: ["./packages/client/test/support/setup.ts"],
          ...SHARED,
        },
      },
      {
        // The parts for React are tested as they are, in Node.
        test: {
          name: "react",
          include: ["packages/react/test/**/*.test.{ts,tsx}"],
          ...SHARED,
        },
      },
      {
        // The library of backends runs in Node, against a Worker with a server key.
        test: {
          name: "server",
          include: ["packages/server/test/**/*.test.ts"],
          globalSetup: ["./packages/server/test/support/setup.ts"],
          ...SHARED,
        },
      },
      {
        // parley-tim runs in Node, and on it the cores of Tencent's UI kits as they are.
        resolve: {
          alias: [
            {
              find: /^@tencentcloud\/(?:lite-)?chat\/plugins\/.*$/,
              replacement: join(import.meta.dirname, "packages/tim/src/plugin.ts"),
            },
            {
              find: /^(?:parley-tim|@tencentcloud\/(?:lite-)?chat)(?:\/(?:basic|standard|professional))?$/,
              replacement: join(import.meta.dirname, "packages/tim/src/index.ts"),
            },
          ],
        },
        test: {
          name: "tim",
          include: ["packages/tim/test/**/*.test.ts", "test/tim-engines/*.test.ts"],
          server: { deps: { inline: [/chat-uikit-engine/] } },
          globalSetup: ["./packages/client/test/support/setup.ts"],
          ...COMMON,
        },
      },
      {
        // Libraries for bots run as they are, in Node, against servers of their own.
        test: {
          name: "bots",
          include: ["test/bot-libraries/*.test.ts", "test/kook-libraries/*.test.ts"],
          globalSetup: ["./packages/client/test/support/bundle.ts"],
          ...COMMON,
        },
      },
      {
        // The web client runs in a Chromium, against the Worker and its assets in processes of its own.
        test: {
          name: "web",
          include: ["web/test/**/*.test.ts", "test/tim-uikit/*.test.ts"],
          // The browser and the modules are started once a worker, not once a file.
          globalSetup: ["./web/test/support/setup.ts"],
          ...SHARED,
        },
      },
      {
        plugins: [
          {
            // Each runtime receives all modules. Source maps of libraries would be two fifths of the bytes.
            name: "no-maps-of-libraries",
            enforce: "post",
            // Vite makes a map even of code that no plugin has changed.
            transform: (code, id) =>
              id.includes("/node_modules/") ? { code: `${code}\n`, map: { mappings: "" } } : null,
          },
          cloudflareTest(async () => ({
            // src/index.ts with a timing that tests can override.
            main: "./test/support/worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ...vars,
                // Users of tests make groups and members by the hundred: tests of quotas set them.
                QUOTAS: "off",
                USERSIG_RULE_KEY: "test-rule-key-of-a-service",
                APP_KEYS: "test-key-of-an-app,test-key-of-another-app",
                TOKEN_SECRET: "a test secret of more than thirty-two characters",
                TEST_MIGRATIONS: await readD1Migrations("./migrations"),
                TEST_RATES: ratelimits,
                // As `npm run dev` sets it: the issuers of tests are on this machine.
                DEV_LOOPBACK: "on",
                VAPID_PUBLIC_KEY:
                  "BDVImIl3kghH3wl5o9JTEnf1CjCIgFwtlsJcMsAaS1rTAfYMkhMMK4BDn2GocHUo-3xinm0rwwtnft7XHYY49P8",
                VAPID_PRIVATE_KEY: "8o5qerb0MPlEwtqlt8UCtamut9upFGqTTSr45pAV07M",
                TEST_ISSUER_SECRET: "a secret of an issuer and of this server, in tests",
              },
              // The binding that an operator adds.
              r2Buckets: ["BACKUPS"],
              ratelimits: { TEST_RATE: { namespace_id: "1", simple: { limit: 3, period: 60 } } },
            },
          })),
        ],
        test: {
          ...COMMON,
          name: "workers",
          include: ["test/**/*.test.ts"],
          exclude: [
            ...COMMON.exclude,
            ...["test/unit/pure/**", "test/scripts/**", "test/bot-libraries/**"],
            ...["test/kook-libraries/**", "test/tim-engines/**", "test/tim-uikit/**"],
          ],
          // Starting a runtime and loading all modules takes seconds: once a worker, not once a file.
          isolate: false,
          setupFiles: ["./test/support/setup.ts"],
          globalSetup: [
            "./test/support/issuer/server.ts",
            "./test/support/hooks/server.ts",
            "./test/support/pages/server.ts",
          ],
          // A poll waits long too, but less than 30 s: by then an alarm would repair a lost delivery.
          expect: { poll: { timeout: 20_000 } },
          // Each runtime loads every module by itself. Bundled libraries start twice as fast.
          deps: {
            optimizer: {
              ssr: {
                enabled: true,
                include: [
                  "@block65/webcrypto-web-push",
                  "@hono/zod-openapi",
                  "@hono/zod-validator",
                  "drizzle-orm",
                  "drizzle-orm/d1",
                  "drizzle-orm/sqlite-core",
                  "file-type",
                  "image-size/types/bmp",
                  "image-size/types/gif",
                  "image-size/types/jpg",
                  "image-size/types/png",
                  "image-size/types/webp",
                  "hono",
                  "hono/etag",
                  "hono/factory",
                  "hono/html",
                  "hono/jwt",
                  "hono/method-not-allowed",
                  "hono/route",
                  "hono/utils/accept",
                  "hono/utils/buffer",
                  "ipaddr.js",
                  "jose",
                  "zod",
                  "fast-check",
                  "@cfworker/json-schema",
                ],
              },
            },
          },
        },
      },
    ],
  },
});
