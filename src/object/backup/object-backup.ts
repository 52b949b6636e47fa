import type { ObjectRows, TablePlace, TablesPart } from "../../domain/backup/parts.ts";
import { RowText, requireColumns, requireRows, type TableRows } from "../../domain/backup/row-text.ts";
import { CoreError } from "../../domain/errors.ts";
import { randomHex } from "../../lib/random.ts";
import { quotedName } from "../../lib/sql/key-order.ts";
import { hasSchema, type Migration, migrate, schemaVersion } from "../migrations.ts";
import { beginRestoring, isRestoring } from "./restoring.ts";
import { addRows, isOfRuntime, storedTables } from "./stored-tables.ts";

/** The UTF-16 units after which a part of an object's tables ends. */
const PART = 4 * 1024 * 1024;

/** How the tables of a class of objects are copied. */
interface BackupRules {
  migrations: readonly Migration[];
  /** what the names of tables begin with that are made anew after a restore */
  leftOut: readonly string[];
  /** tables that are read by other means; they are loaded as all others */
  apart?: readonly string[];
  /** deletes what is loaded of the messages that an overlay has */
  clear?: (sql: SqlStorage, rows: readonly TableRows[]) => void;
}

/**
 * The rows of an object, for a backup. They are read and loaded as they are: a table that a later release
 * adds needs no code here.
 */
export class ObjectBackup {
  readonly #storage: DurableObjectStorage;
  readonly #rules: BackupRules;
  /** differs in each life of the object in memory */
  readonly #life = randomHex();

  constructor(storage: DurableObjectStorage, rules: BackupRules) {
    this.#storage = storage;
    this.#rules = rules;
  }

  /** Whether there is anything to copy. @throws `unavailable` while the object is being restored */
  hasContent(): boolean {
    if (isRestoring(this.#storage)) throw beingRestored();
    return hasSchema(this.#storage);
  }

  /** A part of the tables, of one moment. @returns null: the object was never used */
  tables(place: TablePlace | null): TablesPart | null {
    if (!this.hasContent()) return null;
    const { sql } = this.#storage;
    const { leftOut, apart = [] } = this.#rules;
    const text = new RowText();
    let next: TablePlace | null = null;
    for (const table of storedTables(sql, [...leftOut, ...apart])) {
      if (place && table.name < place.table) continue;
      if (!text.isEmpty && text.length >= PART) {
        next = { table: table.name, key: null };
        break;
      }
      const after = place?.table === table.name ? place.key : null;
      const last = addRows(sql, table, after, text, PART);
      if (last === null) continue;
      next = { table: table.name, key: last };
      break;
    }
    const { changes } = sql.exec<{ changes: number }>("SELECT total_changes() AS changes").one();
    const version = schemaVersion(this.#storage);
    return { version, rows: text.toString(), next, mark: `${this.#life} ${changes}` };
  }

  /**
   * Loads rows. The first call makes the tables as the release had them that the rows are from. Idempotent.
   * @throws `conflict` if the object is in use, or the rows are from a newer release;
   *   `validation_failed` for rows that are none of its tables
   */
  load({ version, rows: text, mode }: Omit<ObjectRows, "kind" | "id">): void {
    // Older backups have tables of the runtime.
    const loaded = requireRows(text).filter(({ table }) => !isOfRuntime(table));
    const storage = this.#storage;
    const newest = this.#rules.migrations.at(-1)?.version ?? 0;
    if (version > newest)
      throw new CoreError(
        "conflict",
        `The backup is of a newer release (tables ${version}, here ${newest}): restore it with that release.`,
      );
    if (hasSchema(storage) && !isRestoring(storage))
      throw new CoreError("conflict", "This object has data: restore into a deployment that has none.");
    storage.transactionSync(() => {
      if (!isRestoring(storage)) this.#makeTables(version);
      if (mode === "replace") this.#rules.clear?.(storage.sql, loaded);
      this.#insert(loaded);
    });
  }

  #makeTables(version: number): void {
    migrate(
      this.#storage,
      this.#rules.migrations.filter((step) => step.version <= version),
    );
    // The first rows of some tables are in the backup, too.
    for (const { name } of storedTables(this.#storage.sql, this.#rules.leftOut))
      this.#storage.sql.exec(`DELETE FROM ${quotedName(name)}`);
    beginRestoring(this.#storage);
  }

  #insert(loaded: readonly TableRows[]): void {
    const { sql } = this.#storage;
    const tables = new Map(storedTables(sql, this.#rules.leftOut).map((table) => [table.name, table]));
    for (const { table: name, columns, rows } of loaded) {
      requireColumns(tables.get(name), name, columns);
      const insert = `INSERT OR REPLACE INTO ${quotedName(name)} (${columns.map(quotedName).join()})
        VALUES (${columns.map(() => "?").join()})`;
      for (const row of rows) sql.exec(insert, ...row);
    }
  }
}

/** Why an object answers nothing until its rows are complete. */
export function beingRestored(): CoreError {
  return new CoreError("unavailable", "This is being restored from a backup. Try again later.", {
    retryAfter: 60,
  });
}
