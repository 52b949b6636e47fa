import { beforeAll, expect, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { ask, send } from "../../support/clients/chat.ts";
import { aside, threadCall } from "../../support/clients/threads.ts";
import { eventually } from "../../support/eventually.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";
import { allMentions, type Place } from "./client.ts";

// A list that is not up to date yet is asked for again and again.
beforeAll(() => setNoRateLimits());

async function pair(): Promise<[SignedIn, SignedIn, number]> {
  const [ann, bob] = await signedInUsers(2);
  return [ann, bob, await createGroupId(bob, ann)];
}

const read = (who: SignedIn, id: number, body: object) => ask(who, id, "PUT", "/read", body);

const expectMentions = (who: SignedIn, places: Place[]) =>
  eventually(async () => expect(await allMentions(who)).toEqual(places));

test("a mention that was marked unread is listed as unread again, until it is read", async () => {
  const [ann, bob, id] = await pair();
  for (const text of ["one", "two"])
    await send(bob, id, { kind: "text", body: { text }, mentions: [ann.user.id] });
  await read(ann, id, { seq: 2 });
  await expectMentions(ann, [
    [id, 2, false],
    [id, 1, false],
  ]);
  expect((await read(ann, id, { seq: 2, unread: true })).status).toBe(200);
  await expectMentions(ann, [
    [id, 2, true],
    [id, 1, false],
  ]);
  await read(ann, id, { seq: 2 });
  await expectMentions(ann, [
    [id, 2, false],
    [id, 1, false],
  ]);
});

test("a mention in a thread beside the main stream is unread until its thread is read", async () => {
  const [ann, bob, id] = await pair();
  await send(ann, id, "root");
  await send(bob, id, { ...aside(1), mentions: [ann.user.id] });
  await expectMentions(ann, [[id, 2, true]]);
  expect((await threadCall(ann, "PUT", id, "/1/read", { seq: 2 })).status).toBe(200);
  await expectMentions(ann, [[id, 2, false]]);
});

test("a mention in a thread-only reply is listed where its conversation is the oldest by its main stream", async () => {
  const [ann, bob, oldest] = await pair();
  await send(ann, oldest, "root");
  const others: Place[] = [];
  for (let i = 0; i < 4; i++) {
    const id = await createGroupId(bob, ann);
    await send(bob, id, { kind: "text", body: { text: "Ann" }, mentions: [ann.user.id] });
    others.unshift([id, 1, false]);
  }
  await send(bob, oldest, { ...aside(1), mentions: [ann.user.id] });
  await read(ann, oldest, { seq: 2 });
  for (const [id] of others) await read(ann, id, { seq: 1 });
  await expectMentions(ann, [[oldest, 2, false], ...others]);
  overrideTiming({ acrossConversations: { maxAsked: 2, parallel: 1, kept: 1 } });
  expect(await allMentions(ann, 1)).toEqual([[oldest, 2, false], ...others]);
});
