import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { buildWeb } from "./scripts/bundle.ts";

await buildWeb();

/** The measurements of `npm run bench:web`. */
export default defineConfig({
  root: join(import.meta.dirname, ".."),
  test: {
    name: "web",
    include: ["web/bench/**/*.bench.ts"],
    globalSetup: ["./web/test/support/setup.ts"],
    fileParallelism: false,
    // Long enough, in ms, that only a page that hangs fails.
    testTimeout: 600_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
