declare namespace Cloudflare {
  interface Env {
    /** the D1 migrations, read by vitest.config.mts */
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
    /** a rate limiter like those of wrangler.toml, for three calls a minute */
    TEST_RATE: RateLimit;
    /** the rate limiters of wrangler.toml, as wrangler reads them */
    TEST_RATES: unknown;
    /** a secret that an issuer shares */
    TEST_ISSUER_SECRET: string;
  }
}

/** Provided by vite: a file as text. */

/** Provided by vite, which bundles the tests: loads the modules whose paths match. */
interface ImportMeta {
  glob(
    pattern: string,
    options: { eager: true; query?: "?raw"; import?: "default" },
  ): Record<string, unknown>;
}
