import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { unstable_readConfig } from "wrangler";

/** The settings as wrangler.toml has them: the pool would take those of a developer's .dev.vars. */
const { vars, ratelimits } = unstable_readConfig({ config: "./wrangler.toml" });

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        bindings: {
          ...vars,
          TOKEN_SECRET: "a test secret of more than thirty-two characters",
          TEST_MIGRATIONS: await readD1Migrations("./migrations"),
          TEST_RATES: ratelimits,
          PROPERTY_RUNS: process.env.PROPERTY_RUNS ?? "",
          PROPERTY_SEED: process.env.PROPERTY_SEED ?? "",
        },
        ratelimits: { TEST_RATE: { namespace_id: "1", simple: { limit: 3, period: 60 } } },
      },
    })),
  ],
  test: {
    // Of two cores one would do nothing else: the tests wait more than they compute.
    maxWorkers: availableParallelism(),
    // Each file starts a runtime, which loads every module by itself: libraries in one piece start twice as fast.
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
            "hono",
            "hono/etag",
            "hono/factory",
            "hono/html",
            "hono/jwt",
            "hono/method-not-allowed",
            "hono/route",
            "zod",
            "fast-check",
            "@cfworker/json-schema",
          ],
        },
      },
    },
    setupFiles: ["./test/support/setup.ts"],
    // What passes needs no log; the Worker writes a line for each request.
    silent: "passed-only",
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
