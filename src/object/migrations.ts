import { z } from "zod";

/**
 * One step of an object's schema. The list of steps is append-only, and steps only add tables and columns. So
 * the previous release runs on the tables of a newer one.
 */
export interface Migration {
  /** 1, 2, 3 … */
  version: number;
  /** The oldest release (by its newest migration) that may still run on the result. */
  minCode: number;
  sql: string;
}

const TABLE = "CREATE TABLE schema_versions (version INTEGER PRIMARY KEY, min_code INTEGER NOT NULL) STRICT";
const Versions = z.object({ version: z.number().nullable(), min_code: z.number().nullable() });

/** Whether the object has tables. Without tables, D1 has never confirmed that the object exists. */
export function hasSchema(storage: DurableObjectStorage): boolean {
  const query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_versions'";
  return storage.sql.exec(query).toArray().length > 0;
}

/** The newest migration that has run. The object has tables. */
export function schemaVersion(storage: DurableObjectStorage): number {
  const query = "SELECT max(version) AS version FROM schema_versions";
  return storage.sql.exec<{ version: number }>(query).one().version;
}

/**
 * Migrates the object's tables to the newest version, each step in a transaction of its own. Idempotent.
 * @throws Error if a newer release left tables that this release must not use
 */
export function migrate(storage: DurableObjectStorage, migrations: readonly Migration[]): void {
  if (!hasSchema(storage)) storage.sql.exec(TABLE);
  const query = "SELECT max(version) AS version, max(min_code) AS min_code FROM schema_versions";
  const found = Versions.parse(storage.sql.exec(query).one());
  const version = found.version ?? 0;
  const code = migrations.at(-1)?.version ?? 0;
  if ((found.min_code ?? 0) > code) {
    throw new Error(`these tables want release ${found.min_code} or newer, this is release ${code}`);
  }
  for (const step of migrations) {
    if (step.version <= version) continue;
    storage.transactionSync(() => {
      storage.sql.exec(step.sql);
      const insert = "INSERT INTO schema_versions (version, min_code) VALUES (?, ?)";
      storage.sql.exec(insert, step.version, step.minCode);
    });
  }
}
