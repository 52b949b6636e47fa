import { expect, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem } from "../../support/clients/api.ts";
import { wire } from "../../support/clients/wire.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { conversationObject, createGroupId, itemAt, postText, range } from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";

/** A group of two with three messages, and a function that reads a part of one message of its history. */
async function historyOfThree() {
  const [ann, bob] = await signedInUsers(2);
  const id = await createGroupId(ann, bob);
  const seqs = [];
  for (const text of ["one", "two", "three"]) seqs.push(await postText(id, ann, text));
  const part = (who: typeof ann, historyId: string, after?: number) =>
    conversationObject(id).history({
      ...{ userId: who.user.id, historyId, ascending: true, limit: 1, includeFormer: true },
      ...(after !== undefined && { after }),
    });
  return { ann, bob, id, seqs, part };
}

const REFUSED = { ok: false, code: "rate_limited" };

test("a user reads one whole history of a conversation at a time, and other users read theirs", async () => {
  const { ann, bob, seqs, part } = await historyOfThree();
  expect(await part(ann, "first")).toMatchObject({ ok: true, value: { next: seqs[0] } });
  expect(await part(ann, "second")).toMatchObject(REFUSED);
  expect(await part(bob, "another user's")).toMatchObject({ ok: true });
  // The platform repeats a call whose answer was lost.
  expect(await part(ann, "first")).toMatchObject({ ok: true });
  expect(await part(ann, "first", seqs[0])).toMatchObject({ ok: true, value: { next: seqs[1] } });
  expect(await part(ann, "second")).toMatchObject(REFUSED);
  const last = await part(ann, "first", seqs[1]);
  expect(last).toMatchObject({ ok: true, value: { items: [{ body: '{"text":"three"}' }] } });
  await part(ann, "first", seqs[2]);
  expect(await part(ann, "second")).toMatchObject({ ok: true });
});

test("a whole history that nobody goes on with keeps no other from beginning, and may still go on", async () => {
  const { ann, seqs, part } = await historyOfThree();
  await part(ann, "slow");
  advanceClock(timing.costlyReads.historyLeaseMs + 1);
  expect(await part(ann, "quick")).toMatchObject({ ok: true });
  expect(await part(ann, "slow", seqs[0])).toMatchObject({ ok: true, value: { next: seqs[1] } });
  expect(await part(ann, "third")).toMatchObject(REFUSED);
});

test("of six whole histories that a member asks for at once over formpost each is whole or refused", async () => {
  const { ann, id, seqs } = await historyOfThree();
  const ask = () =>
    wire({
      method: "POST",
      path: "/user/query_all_records/",
      body: { token: ann.token, conversation: id },
    });
  const answers = await Promise.all(range(1, 6).map(ask));
  const whole = answers.filter(({ body }) => JSON.stringify(body).includes("three"));
  expect(whole.length).toBeGreaterThan(0);
  for (const { body } of whole) expect(body).toMatchObject({ code: 0, messages: seqs.map(() => ({})) });
  for (const { status, headers } of answers.filter((answer) => !whole.includes(answer)))
    expect([status, headers.has("Retry-After")]).toEqual([429, true]);
  expect((await ask()).body).toMatchObject({ code: 0 });
});

test("a user's searches of a conversation are done one after the other, and few of them wait", async () => {
  const { ann, bob, id } = await historyOfThree();
  const path = `/v1/conversations/${id}/messages/search?q=two`;
  const ask = ({ token }: typeof ann) => call("GET", path, { token });
  const [mine, others] = await Promise.all([
    Promise.all(range(1, 20).map(() => ask(ann))),
    Promise.all(range(1, 3).map(() => ask(bob))),
  ]);
  expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(mine.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
  for (const answer of mine) {
    if (answer.status === 200) expect(answer.body).toMatchObject({ items: [{ body: { text: "two" } }] });
    else expectProblem(answer, 429, "rate_limited");
  }
  expect((await ask(itemAt([ann], 0))).status).toBe(200);
});

test("a search over all conversations is refused to a user who has asked one of them for too much", async () => {
  const { ann, bob, id } = await historyOfThree();
  freezeClock();
  const query = { userId: ann.user.id, text: "two", limit: 1 };
  while ((await conversationObject(id).search(query)).ok);
  const ask = ({ token }: typeof ann) => call("GET", "/v1/messages/search?q=two", { token });
  expectProblem(await ask(ann), 429, "rate_limited");
  expect(await ask(bob)).toMatchObject({ status: 200, body: { items: [{ body: { text: "two" } }] } });
});
