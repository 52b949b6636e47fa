import { JOBS_TABLE } from "../object/jobs.ts";
import type { Migration } from "../object/migrations.ts";

/** The schema of an inbox, step by step. Append-only: a step that was released never changes. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    minCode: 1,
    // `conversations` has no index besides its key: it is written with every message and read, some
    // thousand rows at most, when a person looks at his list.
    sql: `
      CREATE TABLE conversations (
        conversation_id INTEGER PRIMARY KEY,
        ver INTEGER NOT NULL,
        state TEXT NOT NULL,
        visible_from INTEGER NOT NULL,
        last_seq INTEGER NOT NULL,
        last_n INTEGER NOT NULL,
        read_seq INTEGER NOT NULL,
        read_n INTEGER NOT NULL,
        member_count INTEGER NOT NULL,
        preview TEXT,
        updated_at INTEGER NOT NULL,
        sticky INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE TABLE ended_sessions (
        session_id TEXT PRIMARY KEY,
        expires_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE sockets (
        session_id TEXT NOT NULL,
        conversation_id INTEGER NOT NULL,
        PRIMARY KEY (session_id, conversation_id)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE presence (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        online INTEGER NOT NULL
      ) STRICT;
      INSERT INTO presence VALUES (1, 0);
      ${JOBS_TABLE}`,
  },
  {
    // A conversation which its user has deleted for himself is out of his list until something comes.
    version: 2,
    minCode: 1,
    sql: "ALTER TABLE conversations ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0",
  },
  {
    // Its user has deleted his account: nothing is kept for him any more.
    version: 3,
    minCode: 1,
    sql: "ALTER TABLE presence ADD COLUMN gone INTEGER NOT NULL DEFAULT 0",
  },
];
