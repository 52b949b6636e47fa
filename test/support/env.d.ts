declare namespace Cloudflare {
  interface Env {
    /** the D1 migrations, read by vitest.config.mts */
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
    /** a counter like those of wrangler.toml, for three calls a minute */
    TEST_RATE: RateLimit;
    /** those of wrangler.toml, as wrangler reads them */
    TEST_RATES: unknown;
  }
}

/** Of vite, which bundles the tests: the modules whose paths match, loaded. */
interface ImportMeta {
  glob(
    pattern: string,
    options: { eager: true; query?: "?raw"; import?: "default" },
  ): Record<string, unknown>;
}
