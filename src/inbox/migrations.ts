import { JOBS_TABLE } from "../object/alarm-jobs.ts";
import type { Migration } from "../object/migrations.ts";
import { DRAFTS_TABLE } from "./drafts.ts";
import { NOTIFICATION_TABLES } from "./notifications.ts";

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
  {
    // Devices' sockets: up to where they were told of each conversation, since the first of them opened (the
    // epoch), and which of them stand elsewhere: in the midst of a replay, or ahead of the others.
    version: 4,
    minCode: 1,
    sql: `
      ALTER TABLE presence ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE conversations ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE conversations ADD COLUMN told_epoch INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE conversations ADD COLUMN told_seq INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE conversations ADD COLUMN told_rev INTEGER NOT NULL DEFAULT 0;
      CREATE TABLE device_cursors (
        socket_id TEXT NOT NULL,
        conversation_id INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        rev INTEGER NOT NULL,
        behind INTEGER NOT NULL,
        PRIMARY KEY (socket_id, conversation_id)
      ) STRICT, WITHOUT ROWID;`,
  },
  {
    // When the list was last rebuilt (ms): not again within a minute.
    version: 5,
    minCode: 1,
    sql: "ALTER TABLE presence ADD COLUMN repaired_at INTEGER NOT NULL DEFAULT 0",
  },
  {
    // For lists of one kind of conversation: NULL is looked up when one is asked for. When the read position moved.
    version: 6,
    minCode: 1,
    sql: `
      ALTER TABLE conversations ADD COLUMN kind TEXT;
      ALTER TABLE conversations ADD COLUMN read_at INTEGER NOT NULL DEFAULT 0;`,
  },
  {
    // Who takes no notice of it; which unread messages name him (JSON; NULL: none); how far the other one of a direct
    // conversation has read (NULL: of a group, or not told yet).
    version: 7,
    minCode: 1,
    sql: `
      ALTER TABLE conversations ADD COLUMN discards INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE conversations ADD COLUMN mentioned TEXT;
      ALTER TABLE conversations ADD COLUMN peer_read_seq INTEGER;
      ALTER TABLE conversations ADD COLUMN peer_read_at INTEGER;`,
  },
  {
    // Messages that are made and not sent.
    version: 8,
    minCode: 1,
    sql: DRAFTS_TABLE,
  },
  {
    // What groups tell their user besides what their histories tell.
    version: 9,
    minCode: 1,
    sql: NOTIFICATION_TABLES,
  },
];
