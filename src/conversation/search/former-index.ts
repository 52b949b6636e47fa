/** The index of releases before 2026-11-26. They must be able to run again: the tables stay, empty. */
export const FORMER_INDEX_TABLES = `
  CREATE VIRTUAL TABLE words USING fts5(
    pairs, content='', columnsize=0, tokenize='ascii', prefix='4'
  );
  INSERT INTO words (words, rank) VALUES ('secure-delete', 1), ('automerge', 0), ('usermerge', 8);
  CREATE TABLE search (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    fold_version INTEGER NOT NULL,
    indexed_seq INTEGER NOT NULL,
    revoked_rev INTEGER NOT NULL,
    purge INTEGER NOT NULL
  ) STRICT;
  INSERT INTO search VALUES (1, 0, 0, 0, 0);`;

/** Empties that index. A release that uses it begins anew then, and sets `fold_version`. */
export const EMPTY_FORMER_INDEX = `
  INSERT INTO words (words) VALUES ('delete-all');
  UPDATE search SET fold_version = 0, indexed_seq = 0, purge = 0;`;

/**
 * Whether a former release has run since: what it edited and revoked, the index of this one does not know.
 */
export function hasFormerReleaseRun(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM search WHERE fold_version != 0").toArray().length > 0;
}
