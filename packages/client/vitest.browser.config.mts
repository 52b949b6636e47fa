import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** The tests of `npm run client:browser`. `npm test` leaves them out: not every machine has a Chromium. */
export default defineConfig({
  root: join(import.meta.dirname, ".."),
  test: {
    name: "browser",
    include: ["packages/client/test/browser/**/*.browser.ts"],
    globalSetup: ["./packages/client/test/support/bundle.ts"],
    // A browser and a server at a time are enough for two cores.
    fileParallelism: false,
    silent: "passed-only",
    // Long enough, in ms, that only a hanging test fails.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
