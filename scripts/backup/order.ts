import { unstable_splitSqlQuery } from "wrangler";

const NAME = /^\s*["`[]?(\w+)["`\]]?/;

/**
 * Orders the statements of a `wrangler d1 export` so that D1 can import them: tables first, then rows, each
 * table after those that its foreign keys name, then indexes. D1 refuses the file as it is: rows come before
 * the tables that they refer to (https://github.com/cloudflare/workers-sdk/issues/5683).
 * @throws an Error if the foreign keys of tables form a circle
 */
export function inImportOrder(dump: string): string {
  const tables = new Map<string, { create: string; rows: string[] }>();
  const sequence: string[] = [];
  const rest: string[] = [];
  for (const statement of unstable_splitSqlQuery(dump)) {
    const created = nameAfter(statement, /^CREATE TABLE (?:IF NOT EXISTS )?/i);
    const filled = nameAfter(statement, /^INSERT INTO /i);
    const table = filled === undefined ? undefined : tables.get(filled);
    if (created !== undefined) tables.set(created, { create: statement, rows: [] });
    else if (table) table.rows.push(statement);
    else if (/^(DELETE FROM|INSERT INTO) ["`]?sqlite_sequence\b/i.test(statement)) sequence.push(statement);
    // Deferred foreign keys are not needed in this order.
    else if (!/^PRAGMA /i.test(statement)) rest.push(statement);
  }
  const ordered = referredFirst(new Map([...tables].map(([name, { create }]) => [name, referred(create)])));
  return [
    ...[...tables.values()].map(({ create }) => create),
    ...ordered.flatMap((name) => tables.get(name)?.rows ?? []),
    ...sequence,
    ...rest,
  ]
    .map((statement) => `${statement.trim().replace(/;$/, "")};\n`)
    .join("");
}

function nameAfter(statement: string, start: RegExp): string | undefined {
  const [matched] = statement.match(start) ?? [];
  return matched === undefined ? undefined : statement.slice(matched.length).match(NAME)?.[1];
}

/** The tables that the foreign keys of a table name. */
function referred(create: string): string[] {
  return [...create.matchAll(/\bREFERENCES\s+["`[]?(\w+)/gi)].map(([, name = ""]) => name);
}

/** The tables, each after those that it refers to. */
function referredFirst(references: ReadonlyMap<string, string[]>): string[] {
  const ordered: string[] = [];
  const open = new Set<string>();
  const place = (name: string) => {
    if (ordered.includes(name)) return;
    if (open.has(name)) throw new Error(`the foreign keys of ${[...open].join(", ")} form a circle`);
    open.add(name);
    for (const other of references.get(name) ?? []) if (other !== name) place(other);
    open.delete(name);
    ordered.push(name);
  };
  for (const name of references.keys()) place(name);
  return ordered;
}
