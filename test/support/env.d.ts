declare namespace Cloudflare {
  interface Env {
    /** the D1 migrations, read by vitest.config.mts */
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
}
