import { env } from "cloudflare:workers";
import type { ConversationJobKind } from "../../../../src/conversation/jobs.ts";
import type { UserId } from "../../../../src/domain/ids.ts";
import { LIMITS } from "../../../../src/domain/limits.ts";
import { type HookId, newHookId } from "../../../../src/domain/server/hook.ts";
import { openDatabase } from "../../../../src/storage/database.ts";
import { insertHook } from "../../../../src/storage/server/hooks.ts";
import { itemAt } from "../../../support/objects/room.ts";
import type { LargeGroup } from "../large-group.ts";
import type { JobRows } from "../rows.ts";

const DAY_MS = 86_400_000;
/** Users without accounts. */
const NOBODY = 4_000_000_000;
/** The changes of a block whose Workers have died. */
const ANNOUNCED = 100;
/** The messages that one turn of the index takes. */
const UNINDEXED = 200;
/** The files that a message shows. */
const FILES = 20;

const deleted = ({ others }: LargeGroup) => itemAt(others, 5);

/** The inboxes of all members have failed for a minute. */
function failInboxes(sql: SqlStorage, call: "update" | "notifications"): void {
  const minuteAgo = Date.now() - 60_000;
  sql.exec(
    `INSERT OR REPLACE INTO inbox_failures (call, user_id, first_at, last_at, failures, parked, error)
     SELECT ?, user_id, ?, ?, 3, 0, 'it does not answer' FROM members WHERE state = 'active'`,
    ...[call, minuteAgo, minuteAgo],
  );
}

/** Each message of a part of the log has what a user has done to it: 20 rows of `table`. */
function fillOf(sql: SqlStorage, { first, size }: LargeGroup, into: string, values: string, user: UserId) {
  sql.exec(
    `INSERT INTO ${into} WITH RECURSIVE number(i) AS
       (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i < ${LIMITS.reactionKeys - 1})
     SELECT ${values} FROM messages, number WHERE seq BETWEEN ? AND ?`,
    ...[user, first.mentions, first.mentions + size - 1],
  );
}

/** The newest messages of a group with what another message has in a column. */
function copyColumn(sql: SqlStorage, { first, size }: LargeGroup, column: string, from: number): void {
  sql.exec(
    `UPDATE messages SET ${column} = (SELECT ${column} FROM messages WHERE seq = ?) WHERE seq BETWEEN ? AND ?`,
    ...[from, first.mentions, first.mentions + size - 1],
  );
}

/** The files of a job. */
const KEYS = Array.from({ length: 100 }, (_, i) => i.toString(16).padStart(32, "0"));

/** A body that names a file, as SQL. */
const FILE_BODY = `'{"text":"files/' || printf('%032x', seq) || '"}'`;

/** A hook of events that conversations do not have. */
function hookRow(id: HookId) {
  const hook = { id, url: "http://127.0.0.1:1/", conversations: null, gate: null, createdAt: 1, secret: "" };
  return { ...hook, events: ["user.created" as const] };
}

/** The alarm jobs of conversations, in this order. */
export const CONVERSATION_JOBS: JobRows<ConversationJobKind, LargeGroup> = {
  fanout: [() => [{ state: (sql) => sql.exec("DELETE FROM fanout_checkpoint") }]],
  failed_updates: [() => [{ state: (sql) => failInboxes(sql, "update") }]],
  expiry: [() => [{}]],
  retention: [
    () => [
      {
        state: (sql) => sql.exec("UPDATE conversation SET floor_seq = 400, floor_n = 400"),
      },
    ],
  ],
  archiving: [
    () => [
      {
        state: (sql) =>
          sql.exec("UPDATE archiving SET target_seq = 400, copied_seq = 400, archived_seq = 400"),
      },
    ],
  ],
  size: [() => [{}]],
  direct_permission: [
    () => [
      {
        state: (sql) =>
          sql.exec(
            `INSERT INTO permission_changes (token, at) WITH RECURSIVE number(i) AS
                 (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ?)
               SELECT 'token ' || i, ? FROM number`,
            ...[ANNOUNCED, Date.now() - DAY_MS],
          ),
      },
    ],
  ],
  projection: [
    (g) => [
      {
        state: (sql) => {
          sql.exec("UPDATE members SET version = version + 1 WHERE state = 'active'");
          sql.exec("UPDATE applications SET listed = 0");
          sql.exec(
            `INSERT OR REPLACE INTO known_users (user_id, projected) WITH RECURSIVE number(i) AS
                 (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ?) SELECT ? + i, 0 FROM number`,
            ...[g.size, NOBODY],
          );
        },
      },
    ],
  ],
  notifications: [
    (g) => [
      {
        state: (sql) => {
          failInboxes(sql, "notifications");
          sql.exec(
            `INSERT INTO outbox (id, body, receivers) WITH RECURSIVE number(i) AS
                 (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ?1)
               SELECT 1000 + i, '{"forgotten":1}', json_array(json_extract(?2, '$[' || CAST(min(i, ?3) - 1 AS INTEGER) || ']')) FROM number`,
            ...[g.size, JSON.stringify(g.others), g.others.length],
          );
          sql.exec(
            `INSERT INTO outbox (id, body, receivers) VALUES (1000, '{"forgotten":1}', ?)`,
            JSON.stringify(g.others),
          );
        },
      },
    ],
  ],
  files: [
    () => [{ state: (sql) => sql.exec("DELETE FROM recorded_files") }],
    (g) => [
      {
        state: (sql) => {
          const part = `FROM messages WHERE seq BETWEEN ${g.first.mentions} AND ${g.first.mentions + g.size - 1}`;
          const keys = `(SELECT json_group_array(printf('%032x', seq * 100 + value))
              FROM json_each('${JSON.stringify(Array.from({ length: FILES }, (_, i) => i))}'))`;
          sql.exec(`UPDATE messages SET body = ${FILE_BODY} WHERE seq IN (SELECT seq ${part})`);
          sql.exec(`INSERT OR REPLACE INTO recorded_files (id, seq) VALUES (1, ?)`, g.first.mentions - 1);
          sql.exec(`INSERT INTO edited_files (seq, sender_id, keys) SELECT seq, sender_id, ${keys} ${part}`);
          sql.exec(`INSERT INTO revoked_files (seq, sender_id, keys) SELECT seq, sender_id, ${keys} ${part}`);
        },
      },
    ],
  ],
  released_files: [() => [{ key: JSON.stringify(KEYS) }]],
  edit_history: [
    (g) => [
      {
        key: String(deleted(g)),
        state: (sql) =>
          fillOf(
            ...[sql, g, "message_edits (sender_id, seq, version, body, edited_at)"],
            ...[`?, seq, i + 1, ${FILE_BODY}, 0`, deleted(g)],
          ),
      },
    ],
  ],
  deleted_reactions: [
    (g) => [
      {
        key: String(deleted(g)),
        state: (sql) => {
          fillOf(
            ...[sql, g, "reactions (user_id, seq, key, at, rev)"],
            ...["?, seq, ':key_' || (i + 1) || ':', 0, seq", deleted(g)],
          );
          copyColumn(sql, g, "reactions", g.newest);
        },
      },
    ],
  ],
  deleted_votes: [
    (g) => [
      {
        key: String(deleted(g)),
        state: (sql) => {
          fillOf(...[sql, g, "votes (user_id, seq, option, at, rev)"], ...["?, seq, i, 0, seq", deleted(g)]);
          copyColumn(sql, g, "poll", g.poll);
        },
      },
    ],
  ],
  hooks: [
    () => {
      const key = newHookId();
      const insert = "INSERT INTO hooks (hook_id, seq, rev, version) VALUES (?, 0, 0, 0)";
      return [
        {
          key,
          before: () => insertHook(openDatabase(env.DB), hookRow(key), 100),
          state: (sql) => sql.exec(insert, key),
        },
      ];
    },
  ],
  index: [
    (g) => [
      {
        state: (sql) => {
          sql.exec(
            "UPDATE messages SET body = ? WHERE seq >= ?",
            ...[JSON.stringify({ text: "hello" }), g.largest[0]],
          );
          sql.exec("UPDATE indexing SET indexed_seq = (SELECT max(seq) FROM messages) - ?", UNINDEXED);
        },
      },
    ],
  ],
  link_previews: [(g) => [{ key: String(g.first.plain) }]],
  erased_messages: [
    (g) => [
      {
        key: JSON.stringify([itemAt(g.others, 6), g.first.mentions - 1]),
        state: (sql) => {
          const user = itemAt(g.others, 6);
          const own = "UPDATE messages SET sender_id = ?, reactions = NULL, poll = NULL WHERE seq >= ?";
          sql.exec(`${own} AND seq < ?`, user, g.first.mentions, g.first.mentions + g.size);
          fillOf(
            ...[sql, g, "message_edits (sender_id, seq, version, body, edited_at)"],
            ...[`?, seq, i + 1, ${FILE_BODY}, 0`, user],
          );
        },
      },
    ],
    (g) => [
      {
        key: JSON.stringify([itemAt(g.others, 7), g.newest - 1]),
        state: (sql) =>
          sql.exec("UPDATE messages SET sender_id = ? WHERE seq >= ?", itemAt(g.others, 7), g.newest),
      },
    ],
  ],
};
