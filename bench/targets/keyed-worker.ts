import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { ROOT } from "../../scripts/support/wrangler.ts";
import { generateServerKey, ServerScope } from "../../src/domain/server/server-key.ts";
import { type Server, startWorker, type WorkerOptions } from "./process.ts";

/**
 * Starts the Worker as it is deployed, without rate limits.
 * @param further settings
 * @param options the Worker, if it is not the one of the wrangler.toml; whether an inspector can profile it
 * @returns the server, and a server key with all scopes
 */
export async function startKeyedWorker(
  further: Readonly<Record<string, string>> = {},
  { entry, inspector }: Pick<WorkerOptions, "entry" | "inspector"> = {},
): Promise<{ server: Server; key: string }> {
  const { id, text: key, hash } = generateServerKey();
  const scopes = JSON.stringify(ServerScope.options);
  const insert = `INSERT INTO server_keys (id, name, scopes, hash, created_at)
    VALUES ('${id}', 'import', '${scopes}', '${hash}', 0)`;
  const bindings = {
    ...{ TOKEN_SECRET: randomBytes(32).toString("hex"), RATE_LIMITS: "off" },
    ...{
      APP_KEYS: "a key that nobody has",
      USERSIG_RULE_KEY: "a key that nobody has",
      REQUEST_LOG: "failures",
    },
    ...further,
  };
  const server = await startWorker(join(ROOT, "wrangler.toml"), bindings, {
    entry,
    queries: [insert],
    inspector,
  });
  return { server, key };
}
