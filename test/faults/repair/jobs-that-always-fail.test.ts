import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, insertUsers, openDirect } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { refuseProjection } from "../../support/faults/refuse-projection.ts";
import { QuietTime } from "../../support/objects/quiet-time.ts";
import { conversationObject } from "../../support/objects/room.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let ann: SignedIn;

beforeAll(async () => {
  ann = await register();
});

/** Lets everything end that the creation of a conversation has left to do. */
async function settled(id: ConversationId): Promise<void> {
  using time = await QuietTime.begin([id], [ann.user.id]);
  await time.pass(5 * MINUTE_MS);
}

/** The alarms of a first and a second day in which one job of the conversation always fails. */
async function alarmsOfTwoDays(id: ConversationId): Promise<[number, number]> {
  using time = await QuietTime.begin([id], []);
  return [(await time.pass(DAY_MS)).alarms, (await time.pass(DAY_MS)).alarms];
}

/** The first day has pauses of up to 10 minutes and then longer ones, the second an alarm or two. */
async function expectGrowingPauses(id: ConversationId): Promise<void> {
  const [first, second] = await alarmsOfTwoDays(id);
  expect(first).toBeGreaterThan(50);
  expect(first).toBeLessThan(120);
  expect(second).toBeLessThanOrEqual(2);
}

function inConversation(id: ConversationId, ...statements: string[]): Promise<void> {
  return runInDurableObject(conversationObject(id), (_, { storage }) => {
    for (const statement of statements) storage.sql.exec(statement);
  });
}

/** Stores a job that is due now, and its alarm. */
async function makeDue(id: ConversationId, kind: "index" | "direct_permission"): Promise<void> {
  const now = Date.now();
  await inConversation(id, `INSERT OR REPLACE INTO jobs (kind, key, due) VALUES ('${kind}', '', ${now})`);
  await runInDurableObject(conversationObject(id), (_, { storage }) => storage.setAlarm(now + MINUTE_MS));
}

test("an index that can never be written is tried with growing pauses, at last once a day", async () => {
  const id = ConversationId.parse((await createGroup(ann)).id);
  await settled(id);
  await inConversation(id, "DROP TABLE bigrams");
  await makeDue(id, "index");
  await expectGrowingPauses(id);
});

test("a projection that D1 never takes is tried with growing pauses, and written once D1 takes it", async () => {
  const id = ConversationId.parse((await createGroup(ann)).id);
  await settled(id);
  {
    await using _ = await refuseProjection();
    const path = `/v1/conversations/${id}`;
    expect((await call("PATCH", path, { token: ann.token, body: { name: "late" } })).status).toBe(200);
    await expectGrowingPauses(id);
  }
  using time = await QuietTime.begin([id], []);
  await time.pass(DAY_MS);
  const row = await env.DB.prepare("SELECT name FROM conversations WHERE id = ?").bind(id).first();
  expect(row).toEqual({ name: "late" });
  expect((await time.pass(DAY_MS)).alarms).toBe(0);
});

test("a wake-up for another reason does not start the backoff of the projection anew", async () => {
  const id = ConversationId.parse((await createGroup(ann)).id);
  await settled(id);
  await inConversation(id, "DROP TABLE bigrams");
  await makeDue(id, "index");
  await using _ = await refuseProjection();
  await call("PATCH", `/v1/conversations/${id}`, { token: ann.token, body: { name: "late" } });
  const [first, second] = await alarmsOfTwoDays(id);
  expect(first).toBeLessThan(240);
  expect(second).toBeLessThanOrEqual(4);
});

test("a direct conversation that D1 does not have is looked up with growing pauses", async () => {
  const [other] = await insertUsers(1);
  if (!other) throw new Error("one user");
  const id = ConversationId.parse((await openDirect(ann, other)).id);
  await settled(id);
  await env.DB.prepare("DELETE FROM memberships WHERE conversation_id = ?").bind(id).run();
  await env.DB.prepare("DELETE FROM conversations WHERE id = ?").bind(id).run();
  await makeDue(id, "direct_permission");
  await expectGrowingPauses(id);
});

test("a room socket whose token expires costs an alarm or two, and none afterwards", async () => {
  const id = ConversationId.parse((await createGroup(ann)).id);
  const room = await openRoom(id, ann.token);
  await settled(id);
  using time = await QuietTime.begin([id], []);
  expect((await time.pass(DAY_MS)).alarms).toBeLessThanOrEqual(2);
  expect((await time.pass(DAY_MS)).alarms).toBe(0);
  room.close();
});
