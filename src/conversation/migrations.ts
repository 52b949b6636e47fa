import { JOBS_TABLE } from "../object/alarm-jobs.ts";
import type { Migration } from "../object/migrations.ts";
import { OUTBOX } from "./delivery/notification-outbox.ts";
import { INFORMED_USERS } from "./members/join-requests.ts";
import { KNOWN_USERS_TABLE } from "./members/known-users.ts";
import { SEARCH_TABLES } from "./search/indexer.ts";

/** The schema of a conversation, step by step. Append-only: a step that was released never changes. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    minCode: 1,
    sql: `
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
        changes INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE TABLE members (
        user_id INTEGER PRIMARY KEY,
        role TEXT NOT NULL,
        state TEXT NOT NULL,
        joined_at INTEGER NOT NULL,
        visible_from INTEGER NOT NULL,
        read_seq INTEGER NOT NULL,
        read_n INTEGER NOT NULL,
        read_at INTEGER NOT NULL,
        touched INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE people (
        user_id INTEGER PRIMARY KEY,
        username TEXT NOT NULL,
        nickname TEXT NOT NULL,
        avatar TEXT NOT NULL,
        checked_at INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE messages (
        seq INTEGER PRIMARY KEY,
        n INTEGER NOT NULL,
        sender_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        quote_seq INTEGER,
        mentions TEXT,
        client_msg_id TEXT,
        created_at INTEGER NOT NULL
      ) STRICT;
      CREATE UNIQUE INDEX messages_client ON messages (sender_id, client_msg_id) WHERE client_msg_id IS NOT NULL;
      ${JOBS_TABLE}`,
  },
  {
    // What became of a message: revoked for everyone, hidden by one member.
    version: 2,
    minCode: 1,
    sql: `
      ALTER TABLE conversation ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE messages ADD COLUMN revoked_by INTEGER;
      ALTER TABLE messages ADD COLUMN revoked_rev INTEGER;
      CREATE INDEX messages_revoked ON messages (revoked_rev) WHERE revoked_rev IS NOT NULL;
      CREATE TABLE hidden (
        seq INTEGER NOT NULL,
        user_id INTEGER NOT NULL,
        rev INTEGER NOT NULL,
        PRIMARY KEY (seq, user_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX hidden_user ON hidden (user_id, rev);`,
  },
  {
    // Members who come and go, what they may, who blocks whom, and what is still to be told to D1.
    version: 3,
    minCode: 1,
    sql: `
      ALTER TABLE conversation ADD COLUMN policy TEXT NOT NULL DEFAULT 'group';
      ALTER TABLE conversation ADD COLUMN dissolved_at INTEGER;
      ALTER TABLE conversation ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE conversation ADD COLUMN projected INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE conversation ADD COLUMN friends_only INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE conversation ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE conversation ADD COLUMN friends INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE members ADD COLUMN muted_until INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE members ADD COLUMN name_card TEXT NOT NULL DEFAULT '';
      ALTER TABLE members ADD COLUMN visible_until INTEGER;
      ALTER TABLE members ADD COLUMN left_ver INTEGER;
      ALTER TABLE members ADD COLUMN cleared INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE members ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE members ADD COLUMN projected INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE messages ADD COLUMN forwarded TEXT;
      CREATE TABLE flag_changes (
        token TEXT PRIMARY KEY,
        at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE applications (
        id INTEGER PRIMARY KEY,
        user_id INTEGER NOT NULL,
        message TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        handled_at INTEGER,
        handled_by INTEGER,
        accepted INTEGER
      ) STRICT;
      CREATE UNIQUE INDEX applications_open ON applications (user_id) WHERE handled_at IS NULL;`,
  },
  {
    // Search.
    version: 4,
    minCode: 1,
    sql: SEARCH_TABLES,
  },
  {
    // Who is known without being a member.
    version: 5,
    minCode: 1,
    sql: KNOWN_USERS_TABLE,
  },
  {
    // Whose devices have sockets open, as their inboxes answered last: they are told first.
    version: 6,
    minCode: 1,
    sql: "ALTER TABLE members ADD COLUMN devices INTEGER",
  },
  {
    // What the sender's clock said.
    version: 7,
    minCode: 1,
    sql: "ALTER TABLE messages ADD COLUMN client_time INTEGER",
  },
  {
    // What was the last message when a member came in; null where that was before it was kept.
    version: 8,
    minCode: 1,
    sql: "ALTER TABLE members ADD COLUMN came_after INTEGER",
  },
  {
    // How urgent a message is, and what its sender's program has put beside it.
    version: 9,
    minCode: 1,
    sql: `
      ALTER TABLE messages ADD COLUMN priority TEXT;
      ALTER TABLE messages ADD COLUMN custom_data TEXT;`,
  },
  {
    // What a tip tells besides its body.
    version: 10,
    minCode: 1,
    sql: "ALTER TABLE messages ADD COLUMN tip TEXT",
  },
  {
    // Who takes no notice of the conversation; up to where it was taken out of a list; messages that name somebody.
    version: 11,
    minCode: 1,
    sql: `
      ALTER TABLE members ADD COLUMN discards INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE members ADD COLUMN cleared_to INTEGER NOT NULL DEFAULT 0;
      CREATE INDEX messages_mentions ON messages (seq) WHERE mentions IS NOT NULL;`,
  },
  {
    // What else a group is, and what clients keep with it and with its members.
    version: 12,
    minCode: 1,
    sql: `
      ALTER TABLE conversation ADD COLUMN handle TEXT;
      ALTER TABLE conversation ADD COLUMN mute_all INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE conversation ADD COLUMN max_members INTEGER;
      ALTER TABLE conversation ADD COLUMN custom_fields TEXT NOT NULL DEFAULT '{}';
      ALTER TABLE conversation ADD COLUMN changed_at INTEGER;
      ALTER TABLE members ADD COLUMN custom_fields TEXT NOT NULL DEFAULT '{}';`,
  },
  {
    // What users are told of besides, and what authenticates an application.
    version: 13,
    minCode: 1,
    sql: OUTBOX,
  },
  {
    // Who was told of an application.
    version: 14,
    minCode: 1,
    sql: INFORMED_USERS,
  },
];
