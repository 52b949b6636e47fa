/**
 * `npm run keys`: makes, lists and revokes the server keys of a deployment, in its database. `--help` has the
 * flags, docs/operate.md the reasons.
 */
import { parseArgs } from "node:util";
import { z } from "zod";
import {
  DateUtc,
  generateServerKey,
  NewServerKey,
  ServerKeyId,
  ServerScope,
} from "../src/domain/server/server-key.ts";
import { DeployFailure } from "./deploy/failure.ts";
import { KeyTable, quoted } from "./keys/table.ts";

const HELP = `npm run keys -- create --name backend --scopes users,tokens,act [--days 90]
npm run keys -- list
npm run keys -- revoke ID

  --scopes <list>        of ${ServerScope.options.join(", ")}
  --days <number>        the key ends after so many days; absent: it does not end by itself
  --remote               in the deployed database; absent: in that of \`npm run dev\`
  --worker <name>        with --remote: of another Worker than the one of wrangler.toml
  --persist-to <folder>  where the local database is, as for \`npm run dev\`
  --data <folder>        the folder of \`npm start\` that has it`;

const DAY_MS = 86_400_000;

const text = { type: "string" } as const;
const Listed = z.object({
  id: ServerKeyId,
  name: z.string(),
  scopes: z.string(),
  last_used_on: DateUtc.nullable(),
  expires_at: z.int().nullable(),
});

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        ...{ name: text, scopes: text, days: text, worker: text, "persist-to": text, data: text },
        remote: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    const [command, id] = positionals;
    const database = new KeyTable(values);
    if (values.help || command === undefined) console.log(HELP);
    else if (command === "create") await create(database, values);
    else if (command === "list") await list(database);
    else if (command === "revoke") await revoke(database, id);
    else throw new DeployFailure(`There is no command ${command}.\n\n${HELP}`);
    return 0;
  } catch (error) {
    const isUsage = error instanceof TypeError && "code" in error;
    if (!(error instanceof DeployFailure) && !isUsage) throw error;
    console.error(`✘ ${error.message}`);
    return 1;
  }
}

async function create(
  database: KeyTable,
  { name, scopes, days }: { name?: string; scopes?: string; days?: string },
): Promise<void> {
  const now = Date.now();
  const asked = NewServerKey.safeParse({
    name,
    scopes: scopes?.split(",").map((one) => one.trim()),
    ...(days !== undefined && { expiresAt: now + Number(days) * DAY_MS }),
  });
  if (!asked.success) throw new DeployFailure(`${z.prettifyError(asked.error)}\n\n${HELP}`);
  const { id, text: key, hash } = generateServerKey();
  const { expiresAt = null } = asked.data;
  await database.run(
    `INSERT INTO server_keys (id, name, scopes, hash, created_at, expires_at) VALUES (${[
      ...[id, asked.data.name, JSON.stringify(asked.data.scopes), hash].map(quoted),
      ...[now, expiresAt ?? "NULL"],
    ].join(", ")})`,
  );
  console.log(`Key ${id} for ${asked.data.name}: ${asked.data.scopes.join(", ")}.`);
  console.log("Keep it where your backend keeps secrets. It is shown this once:\n");
  console.log(key);
}

async function list(database: KeyTable): Promise<void> {
  const rows = await database.run(
    `SELECT id, name, scopes, last_used_on, expires_at FROM server_keys
     WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${Date.now()}) ORDER BY created_at DESC, id`,
  );
  const keys = z.array(Listed).parse(rows);
  if (keys.length === 0) console.log("There is no key.");
  for (const { id, name, scopes, last_used_on: used, expires_at: end } of keys) {
    const scopeNames = z.array(ServerScope).parse(JSON.parse(scopes)).join(", ");
    const ending = end === null ? "" : `, ends ${new Date(end).toISOString()}`;
    console.log(`${id}  ${name}: ${scopeNames} (${used ? `last used on ${used}` : "never used"}${ending})`);
  }
}

async function revoke(database: KeyTable, id: string | undefined): Promise<void> {
  const keyId = ServerKeyId.safeParse(id);
  if (!keyId.success)
    throw new DeployFailure(`${id ?? "The id"} is no id of a key: \`npm run keys -- list\` has them.`);
  const revoked = await database.run(
    `UPDATE server_keys SET revoked_at = ${Date.now()} WHERE id = ${quoted(keyId.data)} AND revoked_at IS NULL
     RETURNING id`,
  );
  if (revoked.length === 0)
    throw new DeployFailure(`There is no key ${keyId.data}, or it is revoked already.`);
  console.log(`Key ${keyId.data} is revoked. It ends within 10 s everywhere.`);
}
