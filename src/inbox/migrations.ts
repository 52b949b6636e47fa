import { JOBS_TABLE } from "../object/jobs/alarm-jobs.ts";
import type { Migration } from "../object/migrations.ts";
import { DEBTS_TABLE } from "../object/user-budgets.ts";
import { toldReactionsTable } from "./bot-updates/told-reactions.ts";
import { queueTables } from "./bot-updates/update-queue.ts";
import { TAPS_TABLE } from "./bots/taps.ts";
import { COMPOSER_DRAFTS_TABLE } from "./composer-drafts.ts";
import { GATEWAY_SPACES_TABLE } from "./gateway/gateway-spaces.ts";
import { GATEWAY_SESSIONS_TABLE } from "./gateway/sessions.ts";
import { NOTIFICATION_TABLES } from "./notifications.ts";
import { PUSH_DEVICES_TABLE } from "./push/push-devices.ts";
import { PUSH_NOTICE_TABLES } from "./push/push-notices.ts";
import { PUSH_PREFERENCES_TABLES } from "./push/push-preferences.ts";
import { QUOTA_USES_TABLE } from "./quota-uses.ts";
import { SAVED_TABLE } from "./saved/saved-messages.ts";
import { SCHEDULED_TABLE } from "./scheduled/scheduled-messages.ts";
import { STORED_DRAFTS_TABLE } from "./stored-drafts.ts";

/**
 * The list of conversations.
 * - It has no index besides its key: each message writes a row, but a read happens only when the user opens
 *   their list, and scans a few thousand rows at most.
 * - `hidden`: the user has deleted the conversation for themselves; it is not listed until a message arrives.
 * - `read_at`: when the read position last moved (ms).
 * - `discards`: the user ignores unread messages.
 * - `unread_from`: the message that the user has marked unread (NULL: none).
 * - `mentioned`: the unread messages that mention the user (JSON; NULL: none).
 * - `threads_unread`: unread replies in the threads that the user follows.
 * - `peer_read_*`: the read position of the other user of a direct conversation (NULL: a group, or unknown).
 * - `counted_at`: the time of the newest countable message (ms).
 * - `active_at`: the time of the newest message of the whole log (ms).
 * - `changed_at`: when the conversation last got a new place in the list (ms, or a little more).
 * - `pinned`, `archived_count`, `muted_until`: copies of D1.
 * - `told_*`: the delivered position that the device sockets share, valid in one epoch.
 */
const CONVERSATIONS_TABLE = `
  CREATE TABLE conversations (
    conversation_id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    ver INTEGER NOT NULL,
    rev INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    hidden INTEGER NOT NULL DEFAULT 0,
    visible_from INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    last_n INTEGER NOT NULL,
    read_seq INTEGER NOT NULL,
    read_n INTEGER NOT NULL,
    read_at INTEGER NOT NULL DEFAULT 0,
    ignores_unread INTEGER NOT NULL DEFAULT 0,
    unread_from INTEGER,
    mentioned TEXT,
    threads_unread INTEGER NOT NULL DEFAULT 0,
    peer_read_seq INTEGER,
    peer_read_at INTEGER,
    member_count INTEGER NOT NULL,
    preview TEXT,
    updated_at INTEGER NOT NULL,
    counted_at INTEGER NOT NULL,
    active_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    archived_count INTEGER,
    muted_until INTEGER NOT NULL DEFAULT 0,
    told_epoch INTEGER NOT NULL DEFAULT 0,
    told_seq INTEGER NOT NULL DEFAULT 0,
    told_rev INTEGER NOT NULL DEFAULT 0
  ) STRICT;`;

/** The previous release marks in it the conversations of which its memory is ahead. */
const LIST_AHEAD_TABLE = `
  CREATE TABLE list_ahead (conversation_id INTEGER PRIMARY KEY) STRICT;`;

/**
 * What a start after a crash needs.
 * - `heard_at`: when the row was last written from an inbox update (ms).
 * - `list_behind`: updates may be in memory alone, as long as device sockets are open.
 * The start that migrates comes after a release, which ends memory as a crash does: it asks the conversations
 * that the previous release has marked.
 */
const LIST_BEHIND = `
  ALTER TABLE conversations ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE presence ADD COLUMN list_behind INTEGER NOT NULL DEFAULT 0;
  UPDATE conversations SET heard_at = 1000 * unixepoch()
    WHERE conversation_id IN (SELECT conversation_id FROM list_ahead);
  UPDATE presence SET list_behind = EXISTS (SELECT 1 FROM list_ahead);`;

/**
 * Sessions and sockets.
 * - `sockets`: which sessions have a room socket where.
 * - `device_cursors`: device sockets whose position is not the shared one, in the middle of a replay or ahead
 *   of the others. `behind` holds the cursor's state as an integer.
 */
const SOCKET_TABLES = `
  CREATE TABLE ended_sessions (
    session_id TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sockets (
    session_id TEXT NOT NULL,
    conversation_id INTEGER NOT NULL,
    PRIMARY KEY (session_id, conversation_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE device_cursors (
    socket_id TEXT NOT NULL,
    conversation_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    state INTEGER NOT NULL,
    PRIMARY KEY (socket_id, conversation_id)
  ) STRICT, WITHOUT ROWID;`;

/**
 * One row.
 * - `gone`: the account is deleted, and the inbox stays empty.
 * - `epoch`: how often a first device socket has opened.
 * - `repaired_at`: when the list was last repaired (ms); the cooldown is a minute.
 */
const PRESENCE_TABLE = `
  CREATE TABLE presence (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    online INTEGER NOT NULL,
    gone INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL DEFAULT 0,
    repaired_at INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO presence (id, online) VALUES (1, 0);`;

/** `registered_at`: when the account was made (ms); 0: before this step, or the inbox was restored. */
const REGISTERED_AT = `
  ALTER TABLE presence ADD COLUMN registered_at INTEGER NOT NULL DEFAULT 0;`;

const GATEWAY_TABLES = [
  ...[queueTables("gateway"), GATEWAY_SESSIONS_TABLE],
  ...[toldReactionsTable("bot"), toldReactionsTable("gateway")],
].join("\n");

/** The schema of an inbox, as steps. Append-only: a released step never changes. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    minCode: 1,
    sql: [
      ...[CONVERSATIONS_TABLE, LIST_AHEAD_TABLE, SOCKET_TABLES, PRESENCE_TABLE, NOTIFICATION_TABLES],
      ...[STORED_DRAFTS_TABLE, COMPOSER_DRAFTS_TABLE, SCHEDULED_TABLE, SAVED_TABLE, JOBS_TABLE, DEBTS_TABLE],
    ].join("\n"),
  },
  { version: 2, minCode: 1, sql: LIST_BEHIND },
  { version: 3, minCode: 1, sql: [QUOTA_USES_TABLE, REGISTERED_AT].join("\n") },
  {
    version: 4,
    minCode: 1,
    sql: [PUSH_DEVICES_TABLE, PUSH_PREFERENCES_TABLES, PUSH_NOTICE_TABLES].join("\n"),
  },
  { version: 5, minCode: 1, sql: TAPS_TABLE },
  { version: 6, minCode: 1, sql: queueTables("bot") },
  { version: 7, minCode: 1, sql: GATEWAY_TABLES },
  { version: 8, minCode: 1, sql: GATEWAY_SPACES_TABLE },
];
