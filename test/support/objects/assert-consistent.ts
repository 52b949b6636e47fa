import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import type { UserId } from "../../../src/domain/ids.ts";
import { untilListStored } from "./inbox-list.ts";

const object = (id: number) => env.CONVERSATION.getByName(String(id));
const Rows = z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()])));

/**
 * Runs a conversation's jobs now until only those of kind `except` are left, and those which have their time:
 * the ends of sockets and of released files.
 * @throws an Error after ten alarms
 */
export async function runJobs(id: number, { except = "" } = {}): Promise<void> {
  for (let tries = 0; tries < 10; tries++) if ((await runAlarm(id, { except })) === 0) return;
  throw new Error("there are still jobs after ten alarms");
}

/** Runs a conversation's jobs once, without those of kind `except`. @returns the number of jobs */
export async function runAlarm(id: number, { except = "" } = {}): Promise<number> {
  return runInDurableObject(object(id), async (conversation, { storage }) => {
    // An object that was never used has no jobs table.
    if (storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'jobs'").toArray().length === 0) return 0;
    const { rowsWritten } = storage.sql.exec(
      "UPDATE jobs SET due = 1 WHERE kind NOT IN ('expiry', 'released_files', ?)",
      except,
    );
    if (rowsWritten === 0) return 0;
    // The steps of `runDurableObjectAlarm`, within this call.
    await storage.deleteAlarm();
    await conversation.alarm();
    return rowsWritten;
  });
}

/** Asserts that a conversation, D1 and the inboxes of its present and former members agree. */
export async function assertConsistent(id: number): Promise<void> {
  const { members, conversation, snapshots } = await runInDurableObject(
    object(id),
    async (instance, { storage }) => {
      const members = storage.sql
        .exec<{ user_id: UserId; role: string; state: string; joined_at: number; version: number }>(
          "SELECT user_id, role, state, joined_at, version FROM members ORDER BY user_id",
        )
        .toArray();
      const conversation = storage.sql
        .exec(
          `SELECT name, avatar, introduction, announcement, join_policy, owner_id, dissolved_at, version
           FROM conversation`,
        )
        .one();
      const snapshots = await Promise.all(
        members.map(({ user_id: userId }) => instance.snapshot({ userId })),
      );
      return { members, conversation, snapshots };
    },
  );
  // At version 0 a user has only asked to join.
  const inD1 = await env.DB.prepare(
    `SELECT user_id, role, state, joined_at, version FROM memberships
     WHERE conversation_id = ? AND NOT (state = 'left' AND version = 0) ORDER BY user_id`,
  )
    .bind(id)
    .all();
  expect(inD1.results, "memberships in D1").toEqual(members);
  const directory = `SELECT name, avatar, introduction, announcement, join_policy, owner_id, dissolved_at, version
    FROM conversations WHERE id = ?`;
  expect(await env.DB.prepare(directory).bind(id).first(), "the conversation in D1").toEqual(conversation);
  await Promise.all(members.map(({ user_id: userId }) => untilListStored(userId)));
  for (const [i, { user_id: userId }] of members.entries()) {
    const snapshot = snapshots[i];
    if (!snapshot?.ok) throw new Error(`no snapshot for ${userId}`);
    const {
      version: ver,
      state,
      lastSeq,
      lastCount: lastN,
      readSeq,
      readCount: readN,
      visibleFrom,
      memberCount,
    } = snapshot.value.update;
    const known = await runInDurableObject(env.INBOX.getByName(String(userId)), (_, { storage }) =>
      Rows.parse(
        storage.sql
          .exec(
            `SELECT ver, state, last_seq, last_n, read_seq, read_n, visible_from,
               iif(state = 'active', member_count, NULL) AS member_count
             FROM conversations WHERE conversation_id = ?`,
            id,
          )
          .toArray(),
      ),
    );
    expect(known, `the inbox of ${userId}`).toEqual([
      {
        ...{ ver, state, last_seq: lastSeq, last_n: lastN, read_seq: readSeq, read_n: readN },
        // The member count concerns active members only: a former member keeps an older number.
        ...{ visible_from: visibleFrom, member_count: state === "active" ? memberCount : null },
      },
    ]);
  }
}
