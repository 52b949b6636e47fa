import { env } from "cloudflare:workers";
import { newTapId } from "../../../../src/domain/bots/tap.ts";
import { LIMITS } from "../../../../src/domain/limits.ts";
import type { InboxJobKind } from "../../../../src/inbox/jobs.ts";
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
  kick: [
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
  size: [() => [{}]],
  expired_sessions: [
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
  sockets: [(i) => [{ state: (sql) => fillSockets(sql, i, SESSIONS) }]],
  expiry: [() => [{}]],
  online: [
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
  offline: [
    () => [
      {
        state: (sql) => {
          sql.exec("DELETE FROM sockets");
          sql.exec("UPDATE presence SET online = 1");
        },
      },
    ],
  ],
  announcement: [() => [{ key: "0 0 0" }]],
  session_lookup: [
    (i) => [
      {
        key: "token",
        before: () => endSessions(i),
        state: (sql) => fillSockets(sql, i, SESSIONS),
      },
    ],
  ],
  account_deleted: [({ other }) => [{ key: `${other} 1` }]],
  lost_updates: [({ group }) => [{ key: String(group) }]],
  crowds: [() => [{}]],
  repair: [() => [{ key: "0" }]],
  profile: [() => [{ key: "0" }]],
  drafts: [() => [{ state: (sql) => sql.exec("UPDATE drafts SET created_at = 1") }]],
  scheduled: [
    (i) => [
      {
        key: String(i.group),
        state: (sql) => sql.exec("UPDATE scheduled SET send_at = n WHERE failed IS NULL"),
      },
    ],
  ],
  scheduled_files: [() => [{ key: scheduledId(198) }]],
  scheduled_expiry: [
    () => [{ state: (sql) => sql.exec("UPDATE scheduled SET failed_at = 1 WHERE failed IS NOT NULL") }],
  ],
  reminders: [() => [{ state: (sql) => sql.exec("UPDATE saved SET reminded = 0") }]],
  revocation: [() => [{ key: JSON.stringify([Date.now() + 3_600_000, 0]) }]],
  own_files: [() => [{}]],
  released_files: [
    () => [{ key: JSON.stringify(range(1, 100).map((i) => i.toString(16).padStart(32, "0"))) }],
  ],
  outfeed: [
    ({ groups }) => [
      {
        key: String(itemAt(groups, 1)),
        state: (sql) => {
          sql.exec(
            `INSERT INTO push_devices (device_id, session_id, target, content, created_at)
               VALUES ('phone', ?, '{"kind":"expo","token":"ExponentPushToken[x]"}', 'full', 1)`,
            sessionId(1),
          );
          for (const queue of ["bot", "gateway"])
            sql.exec(
              `INSERT OR IGNORE INTO ${queue}_queue (id, since, asked_at, last_id) VALUES (1, 0, ?, 1)`,
              Date.now(),
            );
        },
      },
    ],
  ],
  gateway_expiry: [
    () => [
      {
        state: (sql) => {
          sql.exec("INSERT OR IGNORE INTO gateway_queue (id, since, asked_at, last_id) VALUES (1, 0, 0, 1)");
          for (const i of range(1, LIMITS.gatewaySessions))
            sql.exec(
              "INSERT OR REPLACE INTO gateway_sessions (id, first_id, acked, sent, closed_at) VALUES (?, 1, 1, 1, 1)",
              `session ${i}`,
            );
        },
      },
    ],
  ],
  tap: [aTap],
  bot_webhook: [() => [{}]],
  leave: [({ groups }) => [{ key: String(itemAt(groups, 7)) }]],
  erase: [({ groups }) => [{ key: String(itemAt(groups, 8)) }]],
  deletion_lookup: [
    ({ user }) => [
      {
        key: "token",
        before: () =>
          env.DB.prepare("UPDATE users SET deleted_at = ? WHERE id = ?").bind(Date.now(), user).run(),
      },
    ],
  ],
};
