import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startWorker } from "../../bench/targets/process.ts";
import { smokeTest } from "../../scripts/deploy/smoke.ts";
import { ROOT } from "../../scripts/support/wrangler.ts";

const TOKEN_SECRET = "a secret of the smoke test with more than 32 characters";
const KEYS = { APP_KEYS: "a key that nobody has", USERSIG_RULE_KEY: "a key that nobody has" };

/** The bundle that a deployment uploads, on a migrated database, under Miniflare. */
let server: Server;

beforeAll(async () => {
  server = await startWorker(join(ROOT, "wrangler.toml"), { TOKEN_SECRET, ...KEYS });
});
afterAll(() => server.stop());

test("the bundle passes the test that follows a deployment", async () => {
  const proved: string[] = [];
  expect(await smokeTest(server.url, 0, (line) => proved.push(line))).toBeNull();
  expect(proved).toHaveLength(5);
});

test("an address at which nothing answers fails it", async () => {
  const flaw = await smokeTest("http://127.0.0.1:9", 0, () => {});
  expect(flaw).toContain("GET /healthz (the database answers) gave no answer");
});
