import { JOBS_TABLE } from "../object/alarm-jobs.ts";
import type { Migration } from "../object/migrations.ts";
import { DEBTS_TABLE } from "../object/user-budgets.ts";
import { FANOUT_CHECKPOINT_TABLE } from "./delivery/fanout-checkpoint.ts";
import { INBOX_FAILURES_TABLE } from "./delivery/inbox-calls/inbox-failures.ts";
import { OUTBOX_TABLES } from "./delivery/notification-outbox.ts";
import { EDITED_FILES_TABLE, FILE_REFERENCES_TABLES } from "./files/file-references.ts";
import { CLIENT_ID_INDEX, HAS_LONG_LOG } from "./log/client-id-index.ts";
import { EDITS_TABLES } from "./log/edit-history.ts";
import { REVOKED_TABLE } from "./log/revoked-messages.ts";
import { BANS_TABLE } from "./members/bans.ts";
import { COMPOSER_COLUMNS } from "./members/composers.ts";
import { SETTLED_MEMBERS } from "./members/former-members.ts";
import { INVITATIONS_TABLE } from "./members/invitations.ts";
import { INFORMED_USERS, LISTED_REQUESTS, OPEN_REQUESTS } from "./members/join-requests.ts";
import { KNOWN_USERS_TABLE } from "./members/known-users.ts";
import { VOTES_TABLE } from "./polls/vote-store.ts";
import { REACTIONS_TABLE } from "./reactions/reaction-store.ts";
import { FORMER_INDEX_TABLES } from "./search/former-index.ts";
import { INDEXING_TABLES } from "./search/indexer.ts";
import { MAIN_BEFORE_COLUMN, THREAD_TABLES } from "./threads/thread-log.ts";

/** The schema of a conversation, as steps. Append-only: a released step never changes. */
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
    // Redaction: messages revoked for everybody, messages hidden by one member.
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
    // Leaving, mutes, join requests, direct permission, forwards, and the versions of the D1 projection.
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
    // The search index.
    version: 4,
    minCode: 1,
    sql: FORMER_INDEX_TABLES,
  },
  {
    // Known users: no members, but their profiles are stored.
    version: 5,
    minCode: 1,
    sql: KNOWN_USERS_TABLE,
  },
  {
    // Whether a member has devices connected, as the inbox answered last: the fan-out serves those first.
    version: 6,
    minCode: 1,
    sql: "ALTER TABLE members ADD COLUMN devices INTEGER",
  },
  {
    // The time of a message by the sender's clock.
    version: 7,
    minCode: 1,
    sql: "ALTER TABLE messages ADD COLUMN client_time INTEGER",
  },
  {
    // The last message when a member joined; null for members who joined before this step.
    version: 8,
    minCode: 1,
    sql: "ALTER TABLE members ADD COLUMN came_after INTEGER",
  },
  {
    // The priority of a message, and custom data of the sender's program.
    version: 9,
    minCode: 1,
    sql: `
      ALTER TABLE messages ADD COLUMN priority TEXT;
      ALTER TABLE messages ADD COLUMN custom_data TEXT;`,
  },
  {
    // Details of a system message besides its body.
    version: 10,
    minCode: 1,
    sql: "ALTER TABLE messages ADD COLUMN tip TEXT",
  },
  {
    // Ignore unread, the position of the last deletion from a list, and an index of messages with mentions.
    version: 11,
    minCode: 1,
    sql: `
      ALTER TABLE members ADD COLUMN discards INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE members ADD COLUMN cleared_to INTEGER NOT NULL DEFAULT 0;
      CREATE INDEX messages_mentions ON messages (seq) WHERE mentions IS NOT NULL;`,
  },
  {
    // The handle, the mute of all, the member limit and the last change of a group; custom fields.
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
    // The notification outbox, and the authentication of a join request.
    version: 13,
    minCode: 1,
    sql: OUTBOX_TABLES,
  },
  {
    // The users who were notified of a join request.
    version: 14,
    minCode: 1,
    sql: INFORMED_USERS,
  },
  {
    // The inboxes whose last call failed: the backoff survives an eviction.
    version: 15,
    minCode: 1,
    sql: INBOX_FAILURES_TABLE,
  },
  {
    // Members who are settled: they left, and their inboxes and D1 know it. Indexes of the others.
    version: 16,
    minCode: 1,
    sql: SETTLED_MEMBERS,
  },
  {
    // What the inboxes have: an object that wakes does not call them again.
    version: 17,
    minCode: 1,
    sql: FANOUT_CHECKPOINT_TABLE,
  },
  {
    // Which messages D1 knows to show files.
    version: 18,
    minCode: 1,
    sql: FILE_REFERENCES_TABLES,
  },
  {
    // Whether strangers find a group; null: as its kind says.
    version: 19,
    minCode: 1,
    sql: "ALTER TABLE conversation ADD COLUMN discoverable INTEGER",
  },
  {
    // Bans, and an index of the rejected join requests.
    version: 20,
    minCode: 1,
    sql: `${BANS_TABLE}
      CREATE INDEX applications_rejected ON applications (user_id, handled_at) WHERE accepted = 0;`,
  },
  {
    // Who has written in a direct conversation, and who has not opened it. From before this
    // step both users have opened it.
    version: 21,
    minCode: 1,
    sql: `
      ALTER TABLE conversation ADD COLUMN first_sender INTEGER;
      ALTER TABLE conversation ADD COLUMN answered INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE conversation ADD COLUMN answered_projected INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE members ADD COLUMN unopened INTEGER NOT NULL DEFAULT 0;
      UPDATE conversation SET first_sender = (SELECT sender_id FROM messages WHERE seq = 1)
        WHERE kind = 'direct';
      UPDATE conversation SET answered = 1 WHERE kind = 'direct'
        AND EXISTS (SELECT 1 FROM messages WHERE sender_id <> first_sender);`,
  },
  {
    // Places as their senders wrote them.
    version: 22,
    minCode: 1,
    sql: "ALTER TABLE messages ADD COLUMN place TEXT",
  },
  {
    // The users whom a message that mentions everybody names besides.
    version: 23,
    minCode: 1,
    sql: "ALTER TABLE messages ADD COLUMN also_mentioned TEXT",
  },
  {
    // Invitations.
    version: 24,
    minCode: 1,
    sql: INVITATIONS_TABLE,
  },
  {
    // Which join requests D1 has as open, for the lists of those who made them.
    version: 25,
    minCode: 1,
    sql: LISTED_REQUESTS,
  },
  {
    // The change feed: the number of each message's last change, and up to which the members' devices have
    // them.
    version: 26,
    minCode: 1,
    sql: `
      ALTER TABLE messages ADD COLUMN changed_rev INTEGER;
      UPDATE messages SET changed_rev = revoked_rev WHERE revoked_rev IS NOT NULL;
      CREATE INDEX messages_changed ON messages (changed_rev) WHERE changed_rev IS NOT NULL;
      ALTER TABLE fanout_checkpoint ADD COLUMN rev INTEGER;`,
  },
  {
    // Pinned messages.
    version: 27,
    minCode: 1,
    sql: `
      ALTER TABLE messages ADD COLUMN pinned_at INTEGER;
      ALTER TABLE messages ADD COLUMN pinned_by INTEGER;
      CREATE INDEX messages_pinned ON messages (pinned_at) WHERE pinned_at IS NOT NULL;`,
  },
  {
    // The client message ids of composer drafts, so that an inbox learns that one was sent.
    version: 28,
    minCode: 1,
    sql: COMPOSER_COLUMNS,
  },
  {
    // The message that a member has marked unread: what they have read all the same, and their read position
    // at that time.
    version: 29,
    minCode: 1,
    sql: `
      ALTER TABLE members ADD COLUMN unread_from INTEGER;
      ALTER TABLE members ADD COLUMN unread_n INTEGER;
      ALTER TABLE members ADD COLUMN unread_read_seq INTEGER;`,
  },
  {
    // Threads: the root of a reply, whether it is in the main stream, and who follows which.
    version: 30,
    minCode: 1,
    sql: THREAD_TABLES,
  },
  {
    // Edits: the version of each message, the former versions, and which files they show.
    version: 31,
    minCode: 1,
    sql: `${EDITS_TABLES}
      ${EDITED_FILES_TABLE}`,
  },
  {
    // Reactions.
    version: 32,
    minCode: 1,
    sql: REACTIONS_TABLE,
  },
  {
    // Polls.
    version: 33,
    minCode: 1,
    sql: VOTES_TABLE,
  },
  {
    // Runs of thread-only replies are skipped without a scan.
    version: 34,
    minCode: 1,
    sql: MAIN_BEFORE_COLUMN,
  },
  {
    // Another order of the index of client message ids. The previous release works with either order.
    version: 35,
    minCode: 1,
    sql: CLIENT_ID_INDEX,
    unless: HAS_LONG_LOG,
  },
  {
    // Revoked messages count as unread no more.
    version: 36,
    minCode: 1,
    sql: REVOKED_TABLE,
  },
  {
    // Long debts of users.
    version: 37,
    minCode: 1,
    sql: DEBTS_TABLE,
  },
  {
    // Another search index: of pieces, which changes behind edits and revokes.
    version: 38,
    minCode: 1,
    sql: INDEXING_TABLES,
  },
  {
    // The order of the open join requests.
    version: 39,
    minCode: 1,
    sql: OPEN_REQUESTS,
  },
];
