import { env } from "cloudflare:workers";
import { newTapId } from "../../../../src/domain/bots/tap.ts";
import { LIMITS } from "../../../../src/domain/limits.ts";
import type { InboxJobKind } from "../../../../src/inbox/components.ts";
import { itemAt, range } from "../../../support/objects/room.ts";
import { type LargeInbox, scheduledId, sessionId } from "../large-inbox.ts";
import type { JobRows } from "../rows.ts";
import type { Job } from "./counted-job.ts";

/** The calls that the jobs of one alarm make here: as many as the messages need that one job sends. */
export const CALLS = 60;
const DAY_MS = 86_400_000;
/** The sessions of the user with a room socket in each conversation. */
const SESSIONS = 10;

/** Registers a room socket in each conversation of the user, for each of several sessions. */
function fillSockets(sql: SqlStorage, inbox: LargeInbox, sessions = 1): void {
  const ids = [...inbox.groups, ...range(1, inbox.size).map((n) => inbox.conversation(n))];
  sql.exec("DELETE FROM sockets");
  sql.exec(
    `INSERT INTO sockets (session_id, conversation_id)
     SELECT session.value, conversation.value FROM json_each(?1) AS conversation, json_each(?2) AS session`,
    JSON.stringify(ids),
    JSON.stringify(range(1, sessions).map(sessionId)),
  );
}

/** Ends sessions of the user in D1. */
function endSessions({ user }: LargeInbox): Promise<unknown> {
  const ids = JSON.stringify(range(1, LIMITS.page).map(() => crypto.randomUUID().replaceAll("-", "")));
  return env.DB.prepare(
    `INSERT INTO sessions (id, user_id, user_agent, created_at, last_seen_at, expires_at, ended_at)
     SELECT value, ?2, '', ?3, ?3, ?3 + ?4, ?3 FROM json_each(?1)`,
  )
    .bind(ids, user, Date.now(), DAY_MS)
    .run();
}

/** A tap on a button of a bot. */
const aTap = ({ groups, other }: LargeInbox): [Job] => [
  {
    key: JSON.stringify({
      ...{ id: newTapId(Date.now()), conversationId: itemAt(groups, 1), seq: 1, at: Date.now() },
      ...{ user: { id: other, username: "u", nickname: "n", avatar: "" }, data: "d".repeat(64) },
    }),
  },
];

/** The alarm jobs of inboxes. They run in this order: the last one empties the inbox. */
export const INBOX_JOBS: JobRows<InboxJobKind, LargeInbox> = {
  kick: {
    worst: "a room socket in each conversation",
    cases: [
      (i) => [
        {
          key: sessionId(1),
          state: (sql) => {
            fillSockets(sql, i);
            sql.exec("INSERT INTO ended_sessions VALUES (?, ?)", sessionId(1), Date.now() + DAY_MS);
          },
        },
      ],
    ],
    ...{ read: 150, written: 70, bytes: 0 },
    by: `\`jobs.maxCalls\` conversations, here ${CALLS}`,
  },
  size: {
    worst: "a full inbox",
    cases: [() => [{}]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "one look",
  },
  push: {
    worst: "a conversation that is gone, for a user with a push device",
    cases: [
      () => [
        {
          key: "1",
          state: (sql) =>
            sql.exec(
              `INSERT INTO push_devices (device_id, session_id, target, content, created_at)
               VALUES ('phone', ?, '{"kind":"expo","token":"ExponentPushToken[x]"}', 'full', 1)`,
              sessionId(1),
            ),
        },
      ],
    ],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "one conversation, `pushDevices`",
    grows: "to push: the conversations of the user, 1 row for each, for the badge",
  },
  expired_sessions: {
    worst: "very many sessions, all of which have expired",
    cases: [
      ({ size }) => [
        {
          state: (sql) =>
            sql.exec(
              `INSERT OR REPLACE INTO ended_sessions (session_id, expires_at) WITH RECURSIVE number(i) AS
                 (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ?)
               SELECT printf('%032x', 2000000 + i), 1 FROM number`,
              size,
            ),
        },
      ],
    ],
    ...{ read: 5_000, written: 1_300, bytes: 0 },
    by: "only their user waits",
    grows: "the sessions that have ended within the lifetime of a token, 3 rows for each",
  },
  sockets: {
    worst: `${SESSIONS} sessions with a room socket in each conversation, all of which were lost`,
    cases: [(i) => [{ state: (sql) => fillSockets(sql, i, SESSIONS) }]],
    ...{ read: 26_000, written: 650, bytes: 0 },
    by: `\`jobs.maxCalls\` conversations, here ${CALLS}; only their user waits`,
    grows: "the registered room sockets, 2 rows for each",
  },
  expiry: {
    worst: "no device socket",
    cases: [() => [{}]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "no row: sockets are in memory; 100 device sockets (`device-sockets.ts`)",
  },
  online: {
    worst: "a room socket, a user who is offline",
    cases: [
      (i) => [
        {
          state: (sql) => {
            sql.exec("DELETE FROM sockets");
            sql.exec("INSERT INTO sockets VALUES (?, ?)", sessionId(1), i.group);
            sql.exec("UPDATE presence SET online = 0");
          },
        },
      ],
    ],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "one row; 1,000 contacts, whom D1 has",
  },
  offline: {
    worst: "a user who is online",
    cases: [
      () => [
        {
          state: (sql) => {
            sql.exec("DELETE FROM sockets");
            sql.exec("UPDATE presence SET online = 1");
          },
        },
      ],
    ],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "as `online`",
  },
  announcement: {
    worst: "a user who is offline",
    cases: [() => [{ key: "0 0 0" }]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "no row; 1,000 contacts, whom D1 has",
  },
  session_lookup: {
    worst: `100 sessions that D1 has ended, beside ${SESSIONS} with a room socket in each conversation`,
    cases: [
      (i) => [
        {
          key: "token",
          before: () => endSessions(i),
          state: (sql) => fillSockets(sql, i, SESSIONS),
        },
      ],
    ],
    ...{ read: 15_000, written: 250, bytes: 0 },
    by: "the sessions of the user in D1, 2 rows for each; only their user waits",
    grows: "the registered room sockets, 1 row for each",
  },
  account_deleted: {
    worst: "a friend",
    cases: [({ other }) => [{ key: `${other} 1` }]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "no row; one contact",
  },
  lost_updates: {
    worst: "one conversation",
    cases: [({ group }) => [{ key: String(group) }]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "one conversation",
  },
  repair: {
    worst: "the first part",
    cases: [() => [{ key: "0" }]],
    ...{ read: 1_500, written: 70, bytes: 0 },
    by: `\`jobs.maxCalls\` conversations, here ${CALLS}`,
    grows: "the conversations of the user, 1 row for each",
  },
  profile: {
    worst: "the first part",
    cases: [() => [{ key: "0" }]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "no row; `jobs.maxCalls` conversations",
  },
  drafts: {
    worst: "2,000 drafts, all of which have expired",
    cases: [() => [{ state: (sql) => sql.exec("UPDATE drafts SET created_at = 1") }]],
    ...{ read: 4_100, written: 4_100, bytes: 0 },
    by: "32 MiB of drafts (`drafts.ts`)",
  },
  scheduled: {
    worst: "100 of the longest are due",
    cases: [
      (i) => [
        {
          key: String(i.group),
          state: (sql) => sql.exec("UPDATE scheduled SET send_at = n WHERE failed IS NULL"),
        },
      ],
    ],
    ...{ read: 5_700, written: 30, bytes: 0 },
    by: "20 messages (`scheduled-sends.ts`)",
  },
  scheduled_files: {
    worst: "one message",
    cases: [() => [{ key: scheduledId(198) }]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "one message",
  },
  scheduled_expiry: {
    worst: "100 that have failed",
    cases: [
      () => [{ state: (sql) => sql.exec("UPDATE scheduled SET failed_at = 1 WHERE failed IS NOT NULL") }],
    ],
    ...{ read: 900, written: 210, bytes: 0 },
    by: "`scheduled`",
  },
  reminders: {
    worst: "1,000 reminders are due",
    cases: [() => [{ state: (sql) => sql.exec("UPDATE saved SET reminded = 0") }]],
    ...{ read: 7_700, written: 110, bytes: 0 },
    by: "100 reminders (`saved-messages.ts`), of `saved`",
    grows: "the conversations of the user, 2 rows for each",
  },
  revocation: {
    worst: "100 conversations",
    cases: [() => [{ key: JSON.stringify([Date.now() + 3_600_000, 0]) }]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "no row; a page of conversations, which D1 has",
  },
  own_files: {
    worst: "the first part",
    cases: [() => [{}]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "no row; 500 files, which D1 has",
  },
  released_files: {
    worst: "100 files",
    cases: [() => [{ key: JSON.stringify(range(1, 100).map((i) => i.toString(16).padStart(32, "0"))) }]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "as that of conversations",
  },
  bot_feed: {
    worst: "a conversation of two, for a bot that is told of it the first time",
    cases: [
      ({ groups }) => [
        {
          key: String(itemAt(groups, 1)),
          state: (sql) =>
            sql.exec(
              "INSERT OR IGNORE INTO bot_queue (id, since, asked_at, last_id) VALUES (1, 0, ?, 1)",
              Date.now(),
            ),
        },
      ],
    ],
    ...{ read: 40, written: 20, bytes: 0 },
    by: "`page` messages, `changes`; `botUpdates`",
  },
  gateway_feed: {
    worst: "a conversation of two, for a gateway that is told of direct ones alone",
    cases: [
      ({ groups }) => [
        {
          key: String(itemAt(groups, 1)),
          state: (sql) =>
            sql.exec(
              "INSERT OR IGNORE INTO gateway_queue (id, since, asked_at, last_id) VALUES (1, 0, ?, 1)",
              Date.now(),
            ),
        },
      ],
    ],
    ...{ read: 40, written: 20, bytes: 0 },
    by: "as `bot_feed`; `gatewaySessions`, 2 rows for each",
  },
  gateway_expiry: {
    worst: "as many sessions as a bot may have",
    cases: [
      () => [
        {
          state: (sql) => {
            sql.exec(
              "INSERT OR IGNORE INTO gateway_queue (id, since, asked_at, last_id) VALUES (1, 0, 0, 1)",
            );
            for (const i of range(1, LIMITS.gatewaySessions))
              sql.exec(
                "INSERT OR REPLACE INTO gateway_sessions (id, first_id, acked, sent, closed_at) VALUES (?, 1, 1, 1, 1)",
                `session ${i}`,
              );
          },
        },
      ],
    ],
    ...{ read: 400, written: 70, bytes: 0 },
    by: "`gatewaySessions`",
  },
  bot_tap: {
    worst: "one tap",
    cases: [aTap],
    ...{ read: 40, written: 15, bytes: 0 },
    by: "one update, `botUpdates`",
  },
  gateway_tap: {
    worst: "one tap",
    cases: [aTap],
    ...{ read: 40, written: 15, bytes: 0 },
    by: "as `bot_tap`",
  },
  bot_webhook: {
    worst: "a webhook that is not there",
    cases: [() => [{}]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "20 updates (`webhook-deliveries.ts`), 4 rows for each",
  },
  leave: {
    worst: "one conversation",
    cases: [({ groups }) => [{ key: String(itemAt(groups, 7)) }]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "no row; one conversation",
  },
  erase: {
    worst: "as `leave`",
    cases: [({ groups }) => [{ key: String(itemAt(groups, 8)) }]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "as `leave`",
  },
  deletion_lookup: {
    worst: "an inbox with all that it may have",
    cases: [
      ({ user }) => [
        {
          key: "token",
          before: () =>
            env.DB.prepare("UPDATE users SET deleted_at = ? WHERE id = ?").bind(Date.now(), user).run(),
        },
      ],
    ],
    ...{ read: 13_000, written: 5_800, bytes: 0 },
    by: "the user, once",
    grows: "all that the inbox has, 1 row written for each",
  },
};
