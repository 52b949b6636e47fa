import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { deleteExpired } from "../../../src/core/maintenance.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, openDirect, send } from "../../support/clients/chat.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { setQuotas } from "../../support/settings.ts";
import { timing } from "../../support/timing.ts";
import { auditOf, giveRole, report } from "./staff.ts";

let key = "";
let ann: SignedIn;
let bob: SignedIn;
let mia: SignedIn;
let max: SignedIn;

beforeAll(async () => {
  key = (await makeServerKey(["users", "moderate"])).text;
});

beforeEach(async () => {
  [ann, bob, mia, max] = await signedInUsers(4);
  for (const one of [mia, max]) await giveRole(key, one, "moderator");
});

const Made = z.object({ id: z.int() });

const readAs = ({ token }: SignedIn, id: number) => call("GET", `/v1/moderation/reports/${id}`, { token });
const handleAs = ({ token }: SignedIn, id: number, body: object) =>
  call("PATCH", `/v1/moderation/reports/${id}`, { token, body });

test("a report keeps a message and the five before it, whatever becomes of them", async () => {
  const { id: room } = await createGroup(ann, [bob]);
  for (const n of range(1, 7)) await send(n % 2 ? ann : bob, room, `message ${n}`);
  const { seq } = await send(bob, room, "the worst");
  const about = { message: { conversation_id: room, seq } };
  const id = await report(ann, { ...about, reason: "abuse", note: "look" });
  await ask(bob, room, "PUT", `/messages/${seq}`, { body: { text: "harmless" } });
  expect((await ask(bob, room, "DELETE", `/messages/${seq}?for=everyone`)).status).toBe(204);
  const { body } = await readAs(mia, id);
  expect(body).toMatchObject({
    ...{ reporter_id: ann.user.id, reason: "abuse", note: "look", state: "open", taken_by: null },
    about: { conversation_id: room, seq, user_id: bob.user.id },
    conversation_kind: "group",
    kept: [
      ...range(3, 7).map((n) => ({ body: { text: `message ${n}` } })),
      { seq, sender_id: bob.user.id, body: { text: "the worst" } },
    ],
  });
  expect(await auditOf(key)).toMatchObject([
    { action: "report_read", by: { user_id: mia.user.id }, of: { report_id: id } },
  ]);
});

test("a report has nothing that its reporter does not see", async () => {
  const { id: room } = await createGroup(ann, [bob]);
  for (const n of range(1, 3)) await send(bob, room, `message ${n}`);
  const { seq } = await send(bob, room, "this");
  const hidden = (await send(bob, room, "hidden")).seq;
  await ask(ann, room, "DELETE", `/messages/${seq - 1}?for=me`);
  await ask(ann, room, "DELETE", `/messages/${hidden}?for=me`);
  const id = await report(ann, { message: { conversation_id: room, seq }, reason: "spam" });
  const { body } = await readAs(mia, id);
  expect(JSON.stringify(body)).not.toContain("message 3");
  const about = (of: number) => ({ message: { conversation_id: room, seq: of }, reason: "spam" });
  for (const of of [hidden, 99])
    expectProblem(await call("POST", "/v1/reports", { token: ann.token, body: about(of) }), 404, "not_found");
  expectProblem(await call("POST", "/v1/reports", { token: mia.token, body: about(seq) }), 404, "not_found");
  const own = { message: { conversation_id: room, seq }, reason: "spam" };
  expectProblem(await call("POST", "/v1/reports", { token: bob.token, body: own }), 400, "validation_failed");
});

test("users and conversations are reported too, each once by a user, and so many a day", async () => {
  const { id: room } = await openDirect(ann, bob);
  const ofUser = { user_id: bob.user.id, reason: "other" };
  const id = await report(ann, ofUser);
  const again = await call("POST", "/v1/reports", {
    token: ann.token,
    body: { ...ofUser, reason: "spam", note: "other words" },
  });
  expect(again).toMatchObject({ status: 200, body: { id, reason: "other", note: "" } });
  await report(ann, { conversation_id: room, reason: "illegal" });
  onTestFinished(setQuotas("reports=20"));
  const others = await signedInUsers(19);
  const at = (one: SignedIn) => ({ token: ann.token, body: { user_id: one.user.id, reason: "spam" } });
  // One more than there is room for, at once.
  const all = await Promise.all(others.map((one) => call("POST", "/v1/reports", at(one))));
  expect(all.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
    ...others.slice(1).map(() => 201),
    429,
  ]);
  const [another] = await signedInUsers(1);
  expectProblem(await call("POST", "/v1/reports", at(another ?? bob)), 429, "quota");
  const self = { user_id: ann.user.id, reason: "spam" };
  expectProblem(
    await call("POST", "/v1/reports", { token: ann.token, body: self }),
    400,
    "validation_failed",
  );
});

test("of fifty who take a report at once one has it, and an admin takes it over", async () => {
  const id = await report(ann, { user_id: bob.user.id, reason: "spam" });
  const takers = [mia, max];
  const answers = await Promise.all(
    range(1, 50).map((n) => handleAs(itemAt(takers, n % 2), id, { state: "taken" })),
  );
  const taken = answers.filter(({ status }) => status === 200);
  expect(taken.length).toBeGreaterThanOrEqual(1);
  const holder = z.object({ taken_by: z.int() }).parse(taken[0]?.body).taken_by;
  // A repeat by the one who has it changes nothing; the other one is refused.
  for (const { status, body } of answers)
    if (status === 200) expect(body).toMatchObject({ taken_by: holder });
    else expect(status).toBe(409);
  expect((await auditOf(key)).filter(({ action }) => action === "report_taken")).toHaveLength(1);
  const other = itemAt(
    takers.filter(({ user }) => user.id !== holder),
    0,
  );
  expectProblem(await handleAs(other, id, { state: "resolved", resolution: "dismissed" }), 409, "conflict");
  await giveRole(key, other, "admin");
  const resolved = await handleAs(other, id, { state: "resolved", resolution: "acted", note: "warned" });
  expect(resolved).toMatchObject({
    status: 200,
    body: { state: "resolved", resolution: "acted", staff_note: "warned", taken_by: other.user.id },
  });
  const ofOther = await report(bob, { user_id: other.user.id, reason: "abuse" });
  expectProblem(await handleAs(other, ofOther, { state: "taken" }), 403, "forbidden");
  expectProblem(await handleAs(other, id, { state: "resolved" }), 400, "validation_failed");
  expectProblem(await handleAs(other, id, { state: "open", resolution: "acted" }), 400, "validation_failed");
});

test("after 90 days a report keeps no text", async () => {
  const { id: room } = await createGroup(ann, [bob]);
  const { seq } = await send(bob, room, "this");
  const message = { conversation_id: room, seq };
  const ids = [
    await report(ann, { message, reason: "spam", note: "look" }),
    await report(ann, { user_id: bob.user.id, reason: "spam", note: "look" }),
  ];
  const [young, old] = [89, 91].map((days) => Date.now() - days * 24 * 60 * 60_000);
  const clean = async (createdAt = 0) => {
    await env.DB.prepare("UPDATE reports SET created_at = ?").bind(createdAt).run();
    await deleteExpired(openDatabase(env.DB), env.FILES, timing);
    return Promise.all(ids.map(async (id) => (await readAs(mia, id)).body));
  };
  expect(await clean(young)).toMatchObject([{ note: "look", kept: [{ seq }] }, { note: "look" }]);
  expect(await clean(old)).toMatchObject([
    { note: "", kept: [], reason: "spam" },
    { note: "", kept: [] },
  ]);
});

test("the list has the reports of a state, page by page", async () => {
  const ids: number[] = [];
  for (const { user } of await signedInUsers(3))
    ids.push(await report(ann, { user_id: user.id, reason: "spam" }));
  await handleAs(mia, itemAt(ids, 1), { state: "taken" });
  const Page = z.object({ items: z.array(Made), next_cursor: z.string().nullable() });
  const list = async (query: string) =>
    Page.parse((await call("GET", `/v1/moderation/reports?${query}`, { token: mia.token })).body);
  const first = await list("limit=1");
  const second = await list(`limit=1&cursor=${first.next_cursor}`);
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([ids[2], ids[0]]);
  expect((await list("state=taken")).items.map(({ id }) => id)).toContain(ids[1]);
  const rows = (await auditOf(key)).filter(({ action }) => action === "reports_listed");
  expect(rows.map(({ by, of }) => [by.user_id, of])).toEqual(range(1, 3).map(() => [mia.user.id, {}]));
});
