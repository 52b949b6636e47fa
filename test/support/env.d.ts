declare namespace Cloudflare {
  interface Env {
    /** the D1 migrations, read by vitest.config.mts */
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
    /** how often a property is tried, and from which seed; "": as the test says, and at random */
    PROPERTY_RUNS: string;
    PROPERTY_SEED: string;
  }
}
