/** Its existence says that the rows of the object are not complete: the object answers nothing else. */
const TABLE = "CREATE TABLE restoring (id INTEGER PRIMARY KEY) STRICT";

/** Whether the object has a part of its rows: a restore is under way, or has broken off. */
export function isRestoring(storage: DurableObjectStorage): boolean {
  const query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'restoring'";
  return storage.sql.exec(query).toArray().length > 0;
}

/** Keeps the object from answering until `endRestoring`. The caller wraps it in a transaction. */
export function beginRestoring(storage: DurableObjectStorage): void {
  storage.sql.exec(TABLE);
}

/** The caller wraps it in the transaction after which the object may answer. */
export function endRestoring(storage: DurableObjectStorage): void {
  storage.sql.exec("DROP TABLE restoring");
}
