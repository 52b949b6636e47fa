import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { Position, UserId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, sendAll } from "../../support/clients/chat.ts";
import { watchSql } from "../../support/objects/costs.ts";
import { BOB, inIsolatedObject, isolatedRoom, say } from "../../support/objects/isolated-room.ts";
import { conversationObject, range } from "../../support/objects/room.ts";

/** Counts the rows that an object reads from now on. @returns the rows since it was asked last */
function countRows(sql: SqlStorage): () => number {
  let cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  watchSql(sql, (_, cursor) => cursors.push(cursor));
  return () => {
    const rows = cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
    cursors = [];
    return rows;
  };
}

test("a mark of an unread message reads each row once, whatever is marked after it", async () => {
  const messages = 300;
  /** what a mark reads besides the messages: the member, the message, the newest update */
  const few = 60;
  const [ann, bob] = await signedInUsers(2);
  const { id } = await createGroup(ann, [bob]);
  const texts = (count: number) => range(1, count).map(String);
  await sendAll(ann, id, texts(messages / 2));
  await sendAll(bob, id, texts(messages / 2));
  const rows = await runInDurableObject(conversationObject(id), (_, { storage }) => countRows(storage.sql));
  const mark = async ({ token }: SignedIn, seq: number) => {
    const body = { seq, unread: true };
    const answer = await call("PUT", `/v1/conversations/${id}/read`, { token, body });
    return { count: Object(answer.body).unread_count, rows: rows() };
  };
  rows();
  const first = await mark(bob, 101);
  expect(first.count).toBe(messages / 2 - 100);
  expect(first.rows).toBeLessThan(messages - 100 + few);
  for (const seq of [150, 101, 149, 101, 120, 101]) {
    const again = await mark(bob, seq);
    expect(again.count).toBe(messages / 2 - seq + 1);
    expect(again.rows).toBeLessThan(few);
  }
  expect((await mark(bob, 101)).rows).toBeLessThan(few);
  // Older messages are read as they are asked for, and so are newer ones.
  await sendAll(ann, id, texts(20));
  rows();
  const older = await mark(bob, 51);
  expect(older.count).toBe(messages / 2 - 50 + 20);
  expect(older.rows).toBeLessThan(50 + 20 + few);
});

test("what mentions 1,000 members is looked up by member, at most as much as is listed", async () => {
  const [messages, named, members] = [200, 100, 1_000];
  await inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    // Most of the named users are no members of this room: the rows say who is mentioned.
    say(room, messages - 1);
    const mentions = JSON.stringify(range(1, named).map((n) => 1_000 + n));
    storage.sql.exec("UPDATE messages SET mentions = ?", mentions);
    say(room, 1, "hi", { mentions: [BOB] });
    const rows = countRows(storage.sql);
    const of = (n: number) =>
      room.log.mentionsAfter(
        { user_id: UserId.parse(1_000 + n), visible_from: Position.parse(0) },
        Position.parse(0),
      );
    const listed = range(1, members).map((n) => of(n).length);
    expect(listed).toEqual(range(1, members).map((n) => (n <= named ? LIMITS.mentionsListed : 0)));
    // The index, and for each named member the messages that they might have hidden.
    expect(rows()).toBeLessThan(2 * messages + named * 3 * LIMITS.mentionsListed);
    // A hidden one leaves room for the next.
    const newest = room.log.last.seq;
    storage.sql.exec("INSERT INTO hidden (seq, user_id, rev) VALUES (?, ?, 1)", newest - 1, 1_001);
    expect(of(1).map(({ seq }) => seq)).toEqual(range(1, LIMITS.mentionsListed).map((n) => newest - 1 - n));
  });
});
