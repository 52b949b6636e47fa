import { JOBS_TABLE } from "../object/alarm-jobs.ts";
import type { Migration } from "../object/migrations.ts";
import { DEBTS_TABLE } from "../object/user-budgets.ts";
import { COMPOSER_DRAFTS_TABLE } from "./composer-drafts.ts";
import { DRAFTS_TABLE } from "./drafts.ts";
import { LIST_AHEAD_TABLE } from "./list/list-writer.ts";
import { NOTIFICATION_TABLES } from "./notifications.ts";
import { SAVED_TABLE } from "./saved/saved-messages.ts";
import { SCHEDULED_TABLE } from "./scheduled/scheduled-messages.ts";

/** The schema of an inbox, step by step. Append-only: a released step never changes. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    minCode: 1,
    // `conversations` has no index besides its key: each message writes a row, but a read happens only when
    // the user opens their list, and scans a few thousand rows at most.
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
    // `hidden`: the user has deleted the conversation for themselves; it is not listed until a message
    // arrives.
    version: 2,
    minCode: 1,
    sql: "ALTER TABLE conversations ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0",
  },
  {
    // `gone`: the account is deleted, and the inbox stays empty.
    version: 3,
    minCode: 1,
    sql: "ALTER TABLE presence ADD COLUMN gone INTEGER NOT NULL DEFAULT 0",
  },
  {
    // Device sockets. `told_*`: the delivered position that they share in a conversation, valid in one epoch;
    // an epoch begins when the first device socket opens. `device_cursors`: sockets with another position, in
    // the middle of a replay or ahead of the others. `behind` holds the cursor's state as an integer.
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
    // `repaired_at`: when the list was last repaired (ms); the cooldown is a minute.
    version: 5,
    minCode: 1,
    sql: "ALTER TABLE presence ADD COLUMN repaired_at INTEGER NOT NULL DEFAULT 0",
  },
  {
    // `kind`: for lists of one kind; NULL is looked up in D1 when such a list is read. `read_at`: when the
    // read position last moved (ms).
    version: 6,
    minCode: 1,
    sql: `
      ALTER TABLE conversations ADD COLUMN kind TEXT;
      ALTER TABLE conversations ADD COLUMN read_at INTEGER NOT NULL DEFAULT 0;`,
  },
  {
    // `discards`: the user ignores unread messages. `mentioned`: the unread messages that mention the user
    // (JSON; NULL: none). `peer_read_*`: the read position of the other user of a direct conversation (NULL:
    // a group, or unknown).
    version: 7,
    minCode: 1,
    sql: `
      ALTER TABLE conversations ADD COLUMN discards INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE conversations ADD COLUMN mentioned TEXT;
      ALTER TABLE conversations ADD COLUMN peer_read_seq INTEGER;
      ALTER TABLE conversations ADD COLUMN peer_read_at INTEGER;`,
  },
  {
    // Stored drafts.
    version: 8,
    minCode: 1,
    sql: DRAFTS_TABLE,
  },
  {
    // Notifications of groups.
    version: 9,
    minCode: 1,
    sql: NOTIFICATION_TABLES,
  },
  {
    // The conversations of which memory may be ahead of the list.
    version: 10,
    minCode: 1,
    sql: LIST_AHEAD_TABLE,
  },
  {
    // The archive. `counted_at`: the time of the newest countable message (ms; NULL: the previous release has
    // not stored it). `archived_count`, `muted_until`: copies of D1.
    version: 11,
    minCode: 1,
    sql: `
      ALTER TABLE conversations ADD COLUMN counted_at INTEGER;
      ALTER TABLE conversations ADD COLUMN archived_count INTEGER;
      ALTER TABLE conversations ADD COLUMN muted_until INTEGER NOT NULL DEFAULT 0;`,
  },
  {
    // Composer drafts.
    version: 12,
    minCode: 1,
    sql: COMPOSER_DRAFTS_TABLE,
  },
  {
    // Scheduled messages.
    version: 13,
    minCode: 1,
    sql: SCHEDULED_TABLE,
  },
  {
    // The message that the user has marked unread (NULL: none).
    version: 14,
    minCode: 1,
    sql: "ALTER TABLE conversations ADD COLUMN unread_from INTEGER",
  },
  {
    // Saved messages.
    version: 15,
    minCode: 1,
    sql: SAVED_TABLE,
  },
  {
    // Unread replies in the threads that the user follows.
    version: 16,
    minCode: 1,
    sql: "ALTER TABLE conversations ADD COLUMN threads_unread INTEGER NOT NULL DEFAULT 0",
  },
  {
    // When the conversation last got a new place in the list (ms, or a little more; 0: a release wrote it
    // that does not know this).
    version: 17,
    minCode: 1,
    sql: "ALTER TABLE conversations ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0",
  },
  {
    // The time of the newest message of the whole log (ms; 0: `updated_at` is it). Of a row whose newest
    // message is not in the preview it is unknown, but not later than now.
    version: 18,
    minCode: 1,
    sql: `
      ALTER TABLE conversations ADD COLUMN active_at INTEGER NOT NULL DEFAULT 0;
      UPDATE conversations SET active_at = CAST(unixepoch('subsec') * 1000 AS INTEGER)
        WHERE last_seq > 0 AND json_extract(preview, '$.seq') IS NOT last_seq;`,
  },
  {
    // Long debts of users.
    version: 19,
    minCode: 1,
    sql: DEBTS_TABLE,
  },
];
