import type { IncomingHook } from "../../domain/conversations/incoming-hook.ts";
import type { HttpUrl } from "../../domain/http-url.ts";
import type { IncomingHookId, UserId } from "../../domain/ids.ts";

/** The table of incoming hooks, and the hook that has brought a message: JSON of `HookOrigin`. */
export const INCOMING_HOOKS_TABLE = `
  CREATE TABLE incoming_hooks (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    avatar TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_by INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE messages ADD COLUMN hook TEXT;`;

type HookRow = {
  id: IncomingHookId;
  name: string;
  avatar: "" | HttpUrl;
  /** SHA-256 in hexadecimal digits */
  secret_hash: string;
  created_by: UserId;
  created_at: number;
};

/** A hook with what its secret is compared by. */
export interface StoredIncomingHook extends Omit<IncomingHook, "waiting"> {
  secretHash: string;
}

/** The incoming hooks of a group. The caller wraps writes in a transaction. */
export class IncomingHooks {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** All hooks, the oldest first. */
  list(): StoredIncomingHook[] {
    const query = "SELECT * FROM incoming_hooks ORDER BY created_at, id";
    return this.#sql.exec<HookRow>(query).toArray().map(hookOf);
  }

  /** The hook of an id, or of a text that is none. */
  find(id: string): StoredIncomingHook | undefined {
    const query = "SELECT * FROM incoming_hooks WHERE id = ?";
    return this.#sql.exec<HookRow>(query, id).toArray().map(hookOf)[0];
  }

  /** Who has made hooks. */
  makers(): UserId[] {
    return this.list().map(({ createdBy }) => createdBy);
  }

  /** Stores a new hook, or one whose secret is new. */
  store({ id, name, avatar, secretHash, createdBy, createdAt }: StoredIncomingHook): void {
    const columns = "id, name, avatar, secret_hash, created_by, created_at";
    const query = `INSERT OR REPLACE INTO incoming_hooks (${columns}) VALUES (?, ?, ?, ?, ?, ?)`;
    this.#sql.exec(query, id, name, avatar, secretHash, createdBy, createdAt);
  }

  /** Deletes the hook of an id, or of a text that is none. @returns whether there was one */
  delete(id: string): boolean {
    return this.#sql.exec("DELETE FROM incoming_hooks WHERE id = ?", id).rowsWritten > 0;
  }

  /** Deletes all hooks. */
  clear(): void {
    this.#sql.exec("DELETE FROM incoming_hooks");
  }
}

function hookOf({ id, name, avatar, secret_hash, created_by, created_at }: HookRow): StoredIncomingHook {
  return { id, name, avatar, secretHash: secret_hash, createdBy: created_by, createdAt: created_at };
}
