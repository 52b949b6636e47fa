import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, insertUsers, send } from "../../support/clients/chat.ts";
import { advanceClock } from "../../support/clock.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";
import { Costs, watchSql } from "../../support/objects/costs.ts";
import { inboxObject } from "../../support/objects/room.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
import { push, pushJobs } from "../../support/push/jobs.ts";
import { PushReceiver } from "../../support/push/receiver.ts";
import { setTiming, timing } from "../../support/timing.ts";

let ann: SignedIn;
let ben: SignedIn;

beforeAll(async () => {
  [ann, ben] = await registerUsers(2);
  return setTiming({ push: { graceMs: 60_000, changeMs: 60_000 }, fanout: { cooldownMs: 1 } });
});

/** The statements of an inbox about pushes, and the calls of objects, for ten messages. */
async function costOfTen(id: number): Promise<{ statements: string[]; calls: number }> {
  const statements: string[] = [];
  await untilCheckpoint(ConversationId.parse(id));
  await runInDurableObject(inboxObject(ben.user.id), (_, { storage }) => {
    watchSql(storage.sql, (query) => {
      if (/push_|'push'|jobs/.test(query)) statements.push(query);
    });
  });
  using costs = new Costs();
  for (let n = 0; n < 10; n++) {
    await send(ann, id, `message ${n}`);
    await untilCheckpoint(ConversationId.parse(id));
  }
  return { statements, calls: costs.callsTo([ben.user.id]) };
}

test("without push devices a message has no statement, no job and no call for pushes", async () => {
  const { id } = await createGroup(ann, [ben]);
  await send(ann, id, "the first");
  const { statements } = await costOfTen(id);
  expect(statements).toEqual([]);
  expect(await pushJobs(ben)).toBe(0);
});

test("in a large group a member with a push device does not wait for the alarm of those without devices", async () => {
  const { id } = await createGroup(ann, [ben]);
  const others = await insertUsers(timing.largeGroup.aboveMembers);
  const add = { user_ids: others.map(({ user }) => user.id) };
  const added = await call("POST", `/v1/conversations/${id}/members`, { token: ann.token, body: add });
  expect(added.status).toBeLessThan(300);
  const laptop = await PushReceiver.of(ben);
  const mention = { kind: "text", body: { text: "all" }, mentions: "all" };
  await send(ann, id, mention);
  // The first one is deferred: the group learns by its answer that the member is pushed to.
  advanceClock(timing.fanout.largeGroupCooldownMs + 1);
  await runJobs(id);
  await push(ben);
  const { seq } = await send(ann, id, mention);
  await push(ben);
  expect((await laptop.all()).at(-1)).toMatchObject({ kind: "mention", seq });
});
