import { generateServerKey } from "../../src/domain/server/server-key.ts";
import { KeyTable, quoted } from "../keys/table.ts";
import { Server, TemporaryFolder } from "../support/server.ts";

const DAY_MS = 86_400_000;

/** Where a deployment is called, and with which key. */
export interface Place {
  origin: string;
  key: string;
}

/**
 * Runs work against a server of this script's own on a state folder, with a key of its own. Nobody else knows
 * its port. Both end with the work.
 * @param state the folder of `npm run dev -- --persist-to`
 * @param settings lines in the format of `.dev.vars`
 */
export async function onState(
  state: string,
  settings: readonly string[],
  work: (place: Place) => Promise<void>,
): Promise<void> {
  const folder = new TemporaryFolder(["RATE_LIMITS=off", ...settings]);
  const table = new KeyTable({ "persist-to": state });
  const { id, text, hash } = generateServerKey();
  const row = [id, "npm run backup", '["backup"]', hash].map(quoted).join(", ");
  const columns = "id, name, scopes, hash, created_at, expires_at";
  const now = Date.now();
  await table.run(`INSERT INTO server_keys (${columns}) VALUES (${row}, ${now}, ${now + DAY_MS})`);
  try {
    const server = await Server.start({ ...folder.paths, state });
    try {
      await work({ origin: server.origin, key: text });
    } finally {
      await server.stop();
    }
  } finally {
    await table.run(`DELETE FROM server_keys WHERE id = ${quoted(id)}`);
    folder.remove();
  }
}
