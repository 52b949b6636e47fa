import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The files of a server that has stopped, of all objects, of D1 and of R2. */
function filesOf(state: string): string[] {
  return readdirSync(state, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Finds words in the rows of all SQLite databases, and in the bytes of all other files.
 * @param state the folder of a server
 * @returns the places of each word that is found, as `Conversation: messages.body`
 */
export function placesOf(state: string, words: readonly string[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const look = (place: string, bytes: string | Uint8Array) => {
    const text = typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1");
    for (const word of words)
      if (text.includes(word)) found.set(word, found.get(word)?.add(place) ?? new Set([place]));
  };
  for (const path of filesOf(state)) {
    if (path.endsWith(".sqlite")) lookIntoDatabase(path, look);
    else if (!/\.sqlite-(wal|shm)$/.test(path)) look(path.slice(state.length), readFileSync(path));
  }
  return found;
}

/** Reads every value of every table, with what the write-ahead log has. */
function lookIntoDatabase(path: string, look: (place: string, value: string | Uint8Array) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "parley-rows-"));
  try {
    const copy = join(folder, basename(path));
    cpSync(path, copy);
    // The database of an object that sleeps has none.
    if (existsSync(`${path}-wal`)) cpSync(`${path}-wal`, `${copy}-wal`);
    const database = new DatabaseSync(copy);
    const kind = path.split("/").at(-2)?.replace("parley-", "") ?? "";
    const tables = database.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
    );
    for (const { name } of tables.all()) {
      const rows = database.prepare(`SELECT * FROM "${String(name)}"`);
      // An alarm's time is in nanoseconds.
      rows.setReadBigInts(true);
      for (const row of rows.iterate())
        for (const [column, value] of Object.entries(row))
          if (typeof value === "string" || value instanceof Uint8Array)
            look(`${kind}: ${String(name)}.${column}`, value);
    }
    database.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
