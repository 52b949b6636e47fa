import { JOBS_TABLE } from "../object/jobs/alarm-jobs.ts";
import type { Migration } from "../object/migrations.ts";
import { DEBTS_TABLE } from "../object/user-budgets.ts";
import { ARCHIVES_TABLES, ARCHIVES_VERSION } from "./archives/archive-places.ts";
import { ATTRIBUTES_TABLES } from "./attributes/group-data.ts";
import { BUTTONS_COLUMN } from "./bots/stored-buttons.ts";
import { FANOUT_CHECKPOINT_TABLE } from "./delivery/fanout-checkpoint.ts";
import { INBOX_FAILURES_TABLE } from "./delivery/inbox-calls/inbox-failures.ts";
import { OUTBOX_TABLE } from "./delivery/notification-outbox.ts";
import { FILE_REFERENCES_TABLES } from "./files/file-references.ts";
import { HOOK_TAP_COLUMN, HOOKS_TABLE } from "./hooks/hook-positions.ts";
import { HOOK_TAPS_TABLE } from "./hooks/hook-taps.ts";
import { INCOMING_HOOKS_TABLE } from "./incoming-hooks/incoming-hooks.ts";
import { LINK_PREVIEW_COLUMN, LINK_PREVIEWS_OFF_COLUMN } from "./link-previews/preview-requests.ts";
import { ATTACHMENTS_INDEX } from "./log/attachments.ts";
import { EDITS_TABLE } from "./log/edit-history.ts";
import { REVOKED_TABLE, REVOKED_TRIGGER, SHADOWED_TRIGGER } from "./log/revoked-messages.ts";
import { MARKS_TABLES } from "./marks/mark-store.ts";
import { BANS_TABLE } from "./members/bans.ts";
import { INVITATIONS_TABLE } from "./members/invitations.ts";
import { JOIN_REQUESTS_TABLE } from "./members/join-requests.ts";
import { KNOWN_USERS_TABLE } from "./members/known-users.ts";
import { MEMBER_INDEXES } from "./members/stored-members.ts";
import { RELAYS_TABLES } from "./relays/relays.ts";
import { INDEXING_TABLES } from "./search/indexer.ts";
import { THREAD_FOLLOWS_TABLE } from "./threads/thread-log.ts";
import { EXPORT_MARKS_TABLE } from "./transfer/export-marks.ts";
import { IMPORTED_MESSAGES_TABLE } from "./transfer/external-ids.ts";

/** One row: see `ConversationState`. `notices` and `request_version` are counters. */
const CONVERSATION_TABLE = `
  CREATE TABLE conversation (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    avatar TEXT NOT NULL,
    introduction TEXT NOT NULL,
    announcement TEXT NOT NULL,
    join_policy TEXT NOT NULL,
    owner_id INTEGER,
    created_at INTEGER NOT NULL,
    changes INTEGER NOT NULL DEFAULT 0,
    rev INTEGER NOT NULL DEFAULT 0,
    policy TEXT NOT NULL DEFAULT 'group',
    dissolved_at INTEGER,
    handle TEXT,
    mute_all INTEGER NOT NULL DEFAULT 0,
    max_members INTEGER,
    discoverable INTEGER,
    threads_off INTEGER NOT NULL DEFAULT 0,
    custom_fields TEXT NOT NULL DEFAULT '{}',
    changed_at INTEGER,
    version INTEGER NOT NULL DEFAULT 0,
    projected INTEGER NOT NULL DEFAULT 0,
    friends_only INTEGER NOT NULL DEFAULT 0,
    blocked INTEGER NOT NULL DEFAULT 0,
    friends INTEGER NOT NULL DEFAULT 0,
    first_sender INTEGER,
    answered INTEGER NOT NULL DEFAULT 0,
    answered_projected INTEGER NOT NULL DEFAULT 0,
    notices INTEGER NOT NULL DEFAULT 0,
    request_version INTEGER NOT NULL DEFAULT 0
  ) STRICT;`;

/** All who ever were members: `MemberRow` says what the columns hold. */
const MEMBERS_TABLE = `
  CREATE TABLE members (
    user_id INTEGER PRIMARY KEY,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    visible_from INTEGER NOT NULL,
    read_seq INTEGER NOT NULL,
    read_n INTEGER NOT NULL,
    read_at INTEGER NOT NULL,
    touched INTEGER NOT NULL,
    came_after INTEGER NOT NULL DEFAULT 0,
    unread_from INTEGER,
    unread_n INTEGER,
    unread_read_seq INTEGER,
    muted_until INTEGER NOT NULL DEFAULT 0,
    name_card TEXT NOT NULL DEFAULT '',
    custom_fields TEXT NOT NULL DEFAULT '{}',
    visible_until INTEGER,
    left_ver INTEGER,
    leaving INTEGER NOT NULL DEFAULT 0,
    unopened INTEGER NOT NULL DEFAULT 0,
    cleared INTEGER NOT NULL DEFAULT 0,
    cleared_to INTEGER NOT NULL DEFAULT 0,
    ignores_unread INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 0,
    projected INTEGER NOT NULL DEFAULT 0,
    devices INTEGER,
    composer_id TEXT,
    sent_composer TEXT
  ) STRICT;
  ${MEMBER_INDEXES}
  CREATE TABLE people (
    user_id INTEGER PRIMARY KEY,
    username TEXT NOT NULL,
    nickname TEXT NOT NULL,
    avatar TEXT NOT NULL,
    checked_at INTEGER NOT NULL
  ) STRICT;`;

/** Which of the `people` are bots. A column there would be one that the previous release does not fill. */
const BOTS_TABLE = "CREATE TABLE bots (user_id INTEGER PRIMARY KEY) STRICT;";

/**
 * The log: `MessageRow` says what the columns hold. Client message ids are sorted by id, then by sender: ids
 * that begin with the time share the last page, and with the sender first each sender of a commit would
 * change a page of their own.
 */
const MESSAGES_TABLES = `
  CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    n INTEGER NOT NULL,
    sender_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    quote_seq INTEGER,
    mentions TEXT,
    also_mentioned TEXT,
    client_msg_id TEXT,
    created_at INTEGER NOT NULL,
    client_time INTEGER,
    forwarded TEXT,
    priority TEXT,
    custom_data TEXT,
    tip TEXT,
    place TEXT,
    thread_root INTEGER,
    in_main INTEGER NOT NULL DEFAULT 1,
    main_before INTEGER,
    thread_n INTEGER,
    thread_summary TEXT,
    poll TEXT,
    reactions TEXT,
    changed_rev INTEGER,
    revoked_rev INTEGER,
    revoked_by INTEGER,
    pinned_at INTEGER,
    pinned_by INTEGER,
    version INTEGER,
    edited_at INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX messages_client ON messages (client_msg_id, sender_id) WHERE client_msg_id IS NOT NULL;
  CREATE INDEX messages_mentions ON messages (seq) WHERE mentions IS NOT NULL;
  CREATE INDEX messages_thread ON messages (thread_root, seq) WHERE thread_root IS NOT NULL;
  CREATE INDEX messages_changed ON messages (changed_rev) WHERE changed_rev IS NOT NULL;
  CREATE INDEX messages_revoked ON messages (revoked_rev) WHERE revoked_rev IS NOT NULL;
  CREATE INDEX messages_pinned ON messages (pinned_at) WHERE pinned_at IS NOT NULL;
  CREATE TABLE hidden (
    seq INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    PRIMARY KEY (seq, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX hidden_user ON hidden (user_id, rev);`;

/** Announced changes of the direct permission that are not confirmed: see `DirectPermission`. */
const FLAG_CHANGES_TABLE = `
  CREATE TABLE permission_changes (
    token TEXT PRIMARY KEY,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`;

/** What a team's backend sets: see `Profile`, and `MessageRow`. */
const BACKEND_COLUMNS = `
  ALTER TABLE conversation ADD COLUMN metadata TEXT NOT NULL DEFAULT '';
  ALTER TABLE conversation ADD COLUMN history INTEGER;
  ALTER TABLE conversation ADD COLUMN may_leave INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE messages ADD COLUMN metadata TEXT;
  ALTER TABLE messages ADD COLUMN silent INTEGER;
  CREATE INDEX messages_silent ON messages (seq) WHERE silent IS NOT NULL;
  ${REVOKED_TRIGGER}`;

/** Until when messages are kept, and up to where they have expired: see `Profile` and `ConversationState`. */
const RETENTION_COLUMNS = `
  ALTER TABLE conversation ADD COLUMN retention_days INTEGER;
  ALTER TABLE conversation ADD COLUMN legal_hold INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversation ADD COLUMN floor_seq INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversation ADD COLUMN floor_n INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversation ADD COLUMN emptied_seq INTEGER NOT NULL DEFAULT 0;`;

/** Seconds between two messages of a plain member; 0: none. */
const SLOW_MODE_COLUMN = "ALTER TABLE conversation ADD COLUMN slow_mode_s INTEGER NOT NULL DEFAULT 0;";

/** Messages that their sender alone sees: see `MessageRow`. */
const SHADOWED_COLUMN = `
  ALTER TABLE messages ADD COLUMN shadowed INTEGER;
  CREATE INDEX messages_shadowed ON messages (sender_id) WHERE shadowed IS NOT NULL;
  ${SHADOWED_TRIGGER}`;

/** How often the custom data of a message has changed: see `MessageRow`. */
const CUSTOM_VERSION_COLUMN = "ALTER TABLE messages ADD COLUMN custom_version INTEGER;";

/** What users may do who look at an audience room: see `Profile`. */
const VIEWERS_COLUMN = "ALTER TABLE conversation ADD COLUMN viewers TEXT NOT NULL DEFAULT 'none';";

/** The space of which it is a channel. */
const SPACE_COLUMN = "ALTER TABLE conversation ADD COLUMN space_id INTEGER;";

/** The roles that a message mentions: see `MessageRow`. */
const ROLE_MENTIONS_COLUMN = "ALTER TABLE messages ADD COLUMN role_mentions TEXT;";

/** The schema of a conversation, as steps. Append-only: a released step never changes. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    minCode: 1,
    sql: [
      ...[CONVERSATION_TABLE, MEMBERS_TABLE, KNOWN_USERS_TABLE, BANS_TABLE, INVITATIONS_TABLE],
      ...[JOIN_REQUESTS_TABLE, FLAG_CHANGES_TABLE, MESSAGES_TABLES, EDITS_TABLE, REVOKED_TABLE],
      ...[MARKS_TABLES, THREAD_FOLLOWS_TABLE, FILE_REFERENCES_TABLES, INDEXING_TABLES],
      ...[OUTBOX_TABLE, INBOX_FAILURES_TABLE, FANOUT_CHECKPOINT_TABLE, JOBS_TABLE, DEBTS_TABLE],
    ].join("\n"),
  },
  { version: 2, minCode: 1, sql: ATTACHMENTS_INDEX },
  { version: 3, minCode: 1, sql: HOOKS_TABLE },
  { version: 4, minCode: 1, sql: BOTS_TABLE },
  { version: 5, minCode: 1, sql: BACKEND_COLUMNS },
  { version: 6, minCode: 1, sql: [IMPORTED_MESSAGES_TABLE, EXPORT_MARKS_TABLE].join("\n") },
  { version: 7, minCode: 1, sql: RETENTION_COLUMNS },
  { version: 8, minCode: 1, sql: SLOW_MODE_COLUMN },
  { version: 9, minCode: 1, sql: SHADOWED_COLUMN },
  { version: 10, minCode: 1, sql: INCOMING_HOOKS_TABLE },
  { version: 11, minCode: 1, sql: LINK_PREVIEW_COLUMN },
  { version: 12, minCode: 1, sql: BUTTONS_COLUMN },
  { version: 13, minCode: 1, sql: LINK_PREVIEWS_OFF_COLUMN },
  { version: 14, minCode: 1, sql: [HOOK_TAPS_TABLE, HOOK_TAP_COLUMN].join("\n") },
  { version: 15, minCode: 1, sql: ATTRIBUTES_TABLES },
  { version: 16, minCode: 1, sql: CUSTOM_VERSION_COLUMN },
  { version: 17, minCode: 1, sql: RELAYS_TABLES },
  { version: 18, minCode: 1, sql: VIEWERS_COLUMN },
  { version: ARCHIVES_VERSION, minCode: 1, sql: ARCHIVES_TABLES },
  { version: 20, minCode: 1, sql: SPACE_COLUMN },
  { version: 21, minCode: 1, sql: ROLE_MENTIONS_COLUMN },
];
