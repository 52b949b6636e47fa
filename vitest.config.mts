import { spawnSync } from "node:child_process";
import { existsSync, statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { unstable_readConfig } from "wrangler";

/** The settings as wrangler.toml has them: the pool would take those of a developer's .dev.vars. */
const { vars, ratelimits } = unstable_readConfig({ config: "./wrangler.toml" });

/** Where what is stored for a test is in memory, on Linux; a container may have next to nothing there. */
const MEMORY = "/dev/shm";
/** Four times what the tests of three files at once take there, in bytes. */
const ROOM = 1024 ** 3;
// Nothing of that outlives the test: where there is room for it none waits for a disk, for which each object does.
if (!process.env.TMPDIR && hasRoom()) process.env.TMPDIR = MEMORY;

function hasRoom(): boolean {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return Math.min(bavail * bsize, process.availableMemory() / 2) > ROOM;
}

/** A number that is another one with each commit; 0 outside of a checkout. */
function commitNumber(): number {
  const { status, stdout } = spawnSync("git", ["rev-parse", "--short=8", "HEAD"], { encoding: "utf8" });
  return status === 0 ? Number.parseInt(stdout, 16) : 0;
}

/** What hangs is to fail, and what is slow is not: a small machine that does other things besides takes its time. */
const PATIENCE = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    // The tests wait as well as compute: with a file more than there are cores none of them is idle.
    maxWorkers: availableParallelism() + 1,
    // What passes needs no log; the Worker writes a line for each request.
    silent: "passed-only",
    // An object that is woken as the tests of its file are over asks for its modules, and nobody is there to answer:
    // that is the pool's, and no test's.
    onUnhandledError: ({ name }) => name !== "EnvironmentTeardownError",
    provide: {
      propertyRuns: process.env.PROPERTY_RUNS ?? "",
      propertySeed: process.env.PROPERTY_SEED ?? "",
      stepSeed: Math.abs(Number(process.env.PROPERTY_SEED || commitNumber())),
    },
    projects: [
      {
        // Pure code, in Node: no runtime is started. `npm run test:unit` takes a second or two.
        test: { name: "unit", include: ["test/unit/pure/**/*.test.ts"], isolate: false, ...PATIENCE },
      },
      {
        plugins: [
          {
            // Each runtime is sent all modules; two fifths of that would be maps of the libraries' sources.
            name: "no-maps-of-libraries",
            enforce: "post",
            // Of code that no plugin has changed vite makes a map all the same.
            transform: (code, id) =>
              id.includes("/node_modules/") ? { code: `${code}\n`, map: { mappings: "" } } : null,
          },
          cloudflareTest(async () => ({
            // src/index.ts with a timing that tests change.
            main: "./test/support/worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ...vars,
                USERSIG_RULE_KEY: "test-rule-key",
                APP_KEYS: "test-app-key,another-app-key",
                TOKEN_SECRET: "a test secret of more than thirty-two characters",
                TEST_MIGRATIONS: await readD1Migrations("./migrations"),
                TEST_RATES: ratelimits,
              },
              ratelimits: { TEST_RATE: { namespace_id: "1", simple: { limit: 3, period: 60 } } },
            },
          })),
        ],
        test: {
          name: "workers",
          include: ["test/**/*.test.ts"],
          exclude: ["test/unit/pure/**"],
          // Starting a runtime and loading all modules takes seconds: each worker does it once, not once a file.
          isolate: false,
          setupFiles: ["./test/support/setup.ts"],
          ...PATIENCE,
          // So for a state that is waited for; but by half a minute an alarm would have mended what was lost.
          expect: { poll: { timeout: 20_000 } },
          // Each runtime loads every module by itself: libraries in one piece start twice as fast.
          deps: {
            optimizer: {
              ssr: {
                enabled: true,
                include: [
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
