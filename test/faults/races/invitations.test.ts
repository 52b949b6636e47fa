import { beforeAll, describe, expect, test } from "vitest";
import { accept, invitations, invite, withdraw } from "../../features/invitations/client.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { ask, getConversation, page } from "../../support/clients/chat.ts";
import { assertConsistent, runJobs } from "../../support/objects/assert-consistent.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { itemAt, loseConversation } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let crowd: SignedIn[];

beforeAll(() => setTiming({ rpcRetry: { backoffMs: 1 }, fanout: { cooldownMs: 1 } }));

beforeAll(async () => {
  const all = await signedInUsers(21);
  ann = itemAt(all, 0);
  crowd = all.slice(1);
});

const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status);
const count = (all: number[], one: number) => all.filter((status) => status === one).length;

test("of 20 users who accept at once as many are let in as there are uses", async () => {
  const id = await createGroupOfKind("group", ann, [], "closed");
  const { code } = await invite(ann, id, { max_uses: 7 });
  // Everybody asks twice: a repeat of a member uses nothing up.
  const answers = await Promise.all(crowd.flatMap((who) => [accept(who, code), accept(who, code)]));
  const all = statuses(answers);
  expect([count(all, 200), count(all, 404)]).toEqual([14, 26]);
  expect(await getConversation(ann, id)).toMatchObject({ member_count: 8 });
  expect((await page(ann, id)).items.length).toBe(7);
  expect((await invitations(ann, id)).items).toEqual([]);
  await runJobs(id);
  await assertConsistent(id);
});

test("of 20 users who accept at once a full group takes as many as fit, and counts those", async () => {
  const id = await createGroupOfKind("group", ann, [], "closed", 11);
  const { code } = await invite(ann, id, { max_uses: 50 });
  const all = statuses(await Promise.all(crowd.map((who) => accept(who, code))));
  expect([count(all, 200), count(all, 409)]).toEqual([10, 10]);
  expect((await invitations(ann, id)).items).toMatchObject([{ uses: 10 }]);
});

describe("an invitation at its end", () => {
  test.each([0, 1])("is accepted before a withdrawal, or not at all (%i)", async (n) => {
    const id = await createGroupOfKind("group", ann, [], "closed");
    const { code } = await invite(ann, id);
    const dan = itemAt(crowd, n);
    const calls = [() => accept(dan, code), () => withdraw(ann, id, code)];
    if (n % 2 === 1) calls.reverse();
    const all = statuses(await Promise.all(calls.map((one) => one())));
    const isIn = count(all, 200) === 1;
    expect((await ask(dan, id, "GET", "")).status).toBe(isIn ? 200 : 404);
    expect(await getConversation(ann, id)).toMatchObject({ member_count: isIn ? 2 : 1 });
  });

  test.each([0, 1])("leaves a banned user outside (%i)", async (n) => {
    const id = await createGroupOfKind("group", ann, [], "closed");
    const { code } = await invite(ann, id);
    const dan = itemAt(crowd, n);
    const ban = () => ask(ann, id, "PUT", `/bans/${dan.user.id}`, {});
    const calls = [() => accept(dan, code), ban];
    if (n % 2 === 1) calls.reverse();
    await Promise.all(calls.map((one) => one()));
    expect((await ask(dan, id, "GET", "")).status).toBe(404);
    expect(await getConversation(ann, id)).toMatchObject({ member_count: 1 });
  });
});

test("a lost object loses no use without its member, and no member without a use", async () => {
  const id = await createGroupOfKind("group", ann, [], "closed");
  const { code } = await invite(ann, id, { max_uses: 50 });
  const wave = crowd.map((who) => accept(who, code));
  await Promise.all([...wave, loseConversation(id)]);
  const { member_count } = await getConversation(ann, id);
  expect((await invitations(ann, id)).items).toMatchObject([{ uses: member_count - 1 }]);
  const again = statuses(await Promise.all(crowd.map((who) => accept(who, code))));
  expect(count(again, 200)).toBe(20);
  expect((await invitations(ann, id)).items).toMatchObject([{ uses: 20 }]);
  await runJobs(id);
  await assertConsistent(id);
  expect((await call("GET", "/healthz")).status).toBe(200);
});
