import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, page, send } from "../../support/clients/chat.ts";
import {
  changeScheduled,
  DAY,
  deleteScheduled,
  HOUR,
  pass,
  schedule,
} from "../../support/clients/scheduled.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { intercept, loseCalls } from "../../support/faults/calls.ts";
import { setTiming } from "../../support/timing.ts";
import { giveRole } from "./staff.ts";

const HOLD = { id: "doubt", match: { words: ["bitcoin"] }, action: "hold" };
const FLAG = { id: "look", match: { words: ["discount"] }, action: "flag" };

const DAY_S = 24 * 60 * 60;

let key = "";
let ann: SignedIn;
let bob: SignedIn;
let group: number;

beforeAll(async () => {
  // Each message has the rules read.
  setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  key = (await makeServerKey(["users", "moderate"])).text;
  await staff("PUT", "/rules", { items: [HOLD, FLAG] });
});

afterAll(async () => {
  await staff("PUT", "/rules", { items: [] });
  await send(ann, group, "other files know no rules");
});

beforeEach(async () => {
  [ann, bob] = await signedInUsers(2, DAY_S);
  group = (await createGroup(ann, [bob])).id;
});

const staff = (method: string, path: string, body?: object) =>
  call(method, `/v1/moderation${path}`, { token: key, ...(body && { body }) });
const post = (text: string, client_msg_id: string) =>
  call("POST", `/v1/conversations/${group}/messages`, {
    token: ann.token,
    body: { kind: "text", body: { text }, client_msg_id },
  });
const told = (client_msg_id: string, state: string) => {
  return { type: "held", conversation_id: group, client_msg_id, state };
};

/** The ids of the held messages of ann that wait, the newest first. */
async function waiting(): Promise<number[]> {
  const { items } = Object((await staff("GET", "/held?limit=100")).body);
  return items.flatMap((one: { id: number; sender_id: number }) =>
    one.sender_id === ann.user.id ? [one.id] : [],
  );
}
const decide = (id: number, decision: string) => staff("PATCH", `/held/${id}`, { decision });

test("the sender of a held message is told what staff has decided, without a word of it, and nobody else is", async () => {
  const [anns, bobs] = [await openDevice(ann.token), await openDevice(bob.token)];
  for (const id of ["b1", "b2"]) expectProblem(await post("buy bitcoin", id), 403, "held");
  expect((await post("a discount", "flagged")).status).toBe(201);
  const [flagged = 0, second = 0, first = 0] = await waiting();
  expect((await decide(first, "refuse")).status).toBe(200);
  await anns.until(() => anns.of("held").length === 1);
  expect((await decide(second, "accept")).status).toBe(200);
  await anns.until(() => anns.of("held").length === 2);
  expect(anns.of("held")).toEqual([told("b1", "refused"), told("b2", "accepted")]);
  // A flagged message was never held.
  expect((await decide(flagged, "accept")).status).toBe(200);
  await send(bob, group, "the last word");
  for (const device of [anns, bobs])
    await device.until(() => device.messages.at(-1)?.body.text === "the last word");
  expect([anns.of("held").length, bobs.of("held").length]).toEqual([2, 0]);
  for (const device of [anns, bobs]) device.close();
});

test("a decision that is not carried out yet is told once it is", async () => {
  const device = await openDevice(ann.token);
  await post("buy bitcoin", "b1");
  const [id = 0] = await waiting();
  {
    using _ = loseCalls("call", ({ method }) => method === "send");
    expect((await decide(id, "accept")).status).toBe(500);
  }
  expect(device.of("held")).toEqual([]);
  expect((await decide(id, "accept")).status).toBe(200);
  await device.until(() => device.of("held").length === 1);
  expect(device.of("held")).toEqual([told("b1", "accepted")]);
  device.close();
});

test("a decision waits for no sender, and stands where the sender cannot be told", async () => {
  const toSender = (work: () => Promise<unknown>) =>
    intercept(async ({ method, args, work: real }) =>
      method === "pushEvent" && JSON.stringify(args).includes('"held"') ? work() : real(),
    );
  for (const id of ["b1", "b2"]) await post("buy bitcoin", id);
  const [second = 0, first = 0] = await waiting();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  {
    using _ = toSender(() => gate);
    expect((await decide(first, "accept")).status).toBe(200);
    open();
  }
  using _ = toSender(() => Promise.reject(new Error("no connection")));
  expect((await decide(second, "refuse")).status).toBe(200);
  expect((await page(bob, group)).items.map(({ client_msg_id: id }) => id)).toEqual(["b1"]);
  const { items } = Object((await call("GET", "/v1/held", { token: ann.token })).body);
  expect(items).toMatchObject([{ client_msg_id: "b2", state: "refused" }]);
});

/** The client message ids of what ann has waiting, as she sees them, with their ids. */
async function own(): Promise<{ id: number; client_msg_id: string; state: string }[]> {
  return Object((await call("GET", "/v1/held", { token: ann.token })).body).items;
}
const withdraw = (who: SignedIn, id: number) => call("DELETE", `/v1/held/${id}`, { token: who.token });
const sent = async () => (await page(bob, group)).items.map(({ client_msg_id: id }) => id);

test("the sender takes a held message back: it is gone for staff, and comes to nobody", async () => {
  const [cid] = await signedInUsers(1);
  await giveRole(key, cid, "moderator");
  const [staffs, bobs] = [await openDevice(cid.token), await openDevice(bob.token)];
  const told = () => staffs.of("moderation").length;
  await post("buy bitcoin", "b1");
  await staffs.until(() => told() === 1);
  const [id = 0] = await waiting();
  const count = async () =>
    Object((await call("GET", "/v1/moderation/me", { token: cid.token })).body).held_messages;
  const before = await count();
  // Others, staff too, take nothing back, and are told nothing.
  for (const who of [bob, cid]) expect((await withdraw(who, id)).status).toBe(204);
  expect(await own()).toMatchObject([{ id, client_msg_id: "b1", state: "waiting" }]);
  for (const _ of ["first", "repeat"]) expect((await withdraw(ann, id)).status).toBe(204);
  await staffs.until(() => told() === 2);
  expect([await own(), await waiting(), await count()]).toEqual([[], [], before - 1]);
  expectProblem(await decide(id, "accept"), 404, "not_found");
  // The same may be said again, and waits again.
  expectProblem(await post("buy bitcoin", "b1"), 403, "held");
  await staffs.until(() => told() === 3);
  const [again = 0] = await waiting();
  expect((await decide(again, "accept")).status).toBe(200);
  await bobs.until(() => bobs.messages.length === 1);
  expect([await sent(), bobs.of("held"), again > id]).toEqual([["b1"], [], true]);
  for (const device of [staffs, bobs]) device.close();
});

test("what is decided cannot be taken back, and a flag is told to nobody", async () => {
  for (const id of ["b1", "b2"]) await post("buy bitcoin", id);
  await post("a discount", "flagged");
  const [flagged = 0, second = 0, first = 0] = await waiting();
  await decide(first, "refuse");
  await decide(second, "accept");
  for (const id of [first, second]) expectProblem(await withdraw(ann, id), 409, "conflict");
  expect((await withdraw(ann, flagged)).status).toBe(204);
  expect([await waiting(), await sent()]).toEqual([[flagged], ["flagged", "b2"]]);
});

test("a message is either sent or taken back, whoever comes first", async () => {
  const ids = ["r1", "r2", "r3", "r4"];
  for (const id of ids) await post("buy bitcoin", id);
  const held = (await waiting()).reverse();
  const answers = await Promise.all(
    held.map(async (id, i) => {
      const calls = [() => decide(id, "accept"), () => withdraw(ann, id)];
      const [one, other] = await Promise.all((i % 2 ? calls.reverse() : calls).map((start) => start()));
      return [one?.status, other?.status].sort().join();
    }),
  );
  const accepted = ids.filter((_, i) => answers[i] === "200,409");
  expect(answers.filter((answer) => !["200,409", "204,404"].includes(answer))).toEqual([]);
  expect([await sent(), await waiting()]).toEqual([accepted, []]);
});

test("a scheduled message that was held is taken back with its deletion, or with another time", async () => {
  const { id } = await schedule(ann, group, "buy bitcoin");
  await pass(ann, 2 * HOUR);
  const held = [{ client_msg_id: id, state: "waiting" }];
  expect(await own()).toMatchObject(held);
  // It waits on where the change is refused.
  for (const change of [{ send_at: 1 }, { send_at: Date.now() + 1_000 * DAY }])
    expectProblem(await changeScheduled(ann, { id }, change), 400, "validation_failed");
  expect(await own()).toMatchObject(held);
  expect((await changeScheduled(ann, { id }, { send_at: Date.now() + HOUR })).status).toBe(200);
  expect([await own(), await waiting()]).toEqual([[], []]);
  await pass(ann, 2 * HOUR);
  expect(await own()).toMatchObject(held);
  expect((await deleteScheduled(ann, { id })).status).toBe(204);
  expect([await own(), await waiting()]).toEqual([[], []]);
});
