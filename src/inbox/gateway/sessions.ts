import { GatewaySessionId } from "../../domain/sync/gateway.ts";

/**
 * The sessions of a gateway. Numbers are those of `gateway_updates`. `first_id`: the newest one as the
 * session began; the events after it are 1, 2, 3 … `acked`: what its client has said that it has; `sent`:
 * what it may have, noted when its socket closes; `closed_at`: when that was (ms; NULL: a socket is open).
 */
export const GATEWAY_SESSIONS_TABLE = `
  CREATE TABLE gateway_sessions (
    id TEXT PRIMARY KEY,
    first_id INTEGER NOT NULL,
    acked INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    closed_at INTEGER
  ) STRICT, WITHOUT ROWID;`;

type SessionRow = {
  id: GatewaySessionId;
  first_id: number;
  acked: number;
  sent: number;
  closed_at: number | null;
};

/** A session of a gateway, by the numbers of updates. */
export interface GatewaySession {
  id: GatewaySessionId;
  firstId: number;
  acked: number;
  sent: number;
  /** null: it has a socket */
  closedAt: number | null;
}

/** What is stored of the sessions of a gateway. */
export class GatewaySessions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** All of them, the one that has been without a socket for longest first. */
  all(): GatewaySession[] {
    const query = "SELECT * FROM gateway_sessions ORDER BY closed_at IS NULL, closed_at, first_id";
    return this.#sql.exec<SessionRow>(query).toArray().map(read);
  }

  /** null: there is none. */
  find(id: GatewaySessionId): GatewaySession | null {
    const [row] = this.#sql.exec<SessionRow>("SELECT * FROM gateway_sessions WHERE id = ?", id).toArray();
    return row ? read(row) : null;
  }

  /** Begins a session whose first event is the one after `lastId`. */
  begin(lastId: number): GatewaySession {
    const id = GatewaySessionId.parse(crypto.randomUUID());
    const insert = "INSERT INTO gateway_sessions (id, first_id, acked, sent) VALUES (?, ?, ?, ?)";
    this.#sql.exec(insert, id, lastId, lastId, lastId);
    return { id, firstId: lastId, acked: lastId, sent: lastId, closedAt: null };
  }

  /** The session has a socket again. */
  open(id: GatewaySessionId): void {
    this.#sql.exec("UPDATE gateway_sessions SET closed_at = NULL WHERE id = ?", id);
  }

  /** The session has no socket any more. @param sent the last update that its client may have */
  close(id: GatewaySessionId, sent: number, at: number): void {
    this.#sql.exec("UPDATE gateway_sessions SET closed_at = ?, sent = ? WHERE id = ?", at, sent, id);
  }

  /** The client has the updates up to this one. */
  ack(id: GatewaySessionId, updateId: number): void {
    this.#sql.exec("UPDATE gateway_sessions SET acked = ? WHERE id = ?", updateId, id);
  }

  /** Up to which update all clients have them; null: there is no session. */
  ackedByAll(): number | null {
    return this.#sql.exec<{ acked: number | null }>("SELECT min(acked) AS acked FROM gateway_sessions").one()
      .acked;
  }

  end(id: GatewaySessionId): void {
    this.#sql.exec("DELETE FROM gateway_sessions WHERE id = ?", id);
  }

  endAll(): void {
    this.#sql.exec("DELETE FROM gateway_sessions");
  }
}

function read({ id, first_id: firstId, acked, sent, closed_at: closedAt }: SessionRow): GatewaySession {
  return { id, firstId, acked, sent, closedAt };
}
