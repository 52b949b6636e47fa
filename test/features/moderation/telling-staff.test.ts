import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { openDevice, type TestSocket } from "../../support/clients/socket.ts";
import { intercept } from "../../support/faults/calls.ts";
import { setTiming } from "../../support/timing.ts";
import { giveRole } from "./staff.ts";

let key = "";
let ann: SignedIn;
let bob: SignedIn;
let mia: SignedIn;
let max: SignedIn;

beforeAll(async () => {
  // Each message has the rules read.
  setTiming({ rules: { keepMs: 0, staleMs: 0 } });
  key = (await makeServerKey(["users", "moderate"])).text;
});

afterAll(async () => {
  await staff("PUT", "/rules", { items: [] });
  const { id } = await createGroup(ann);
  await send(ann, id, "other files know no rules");
});

beforeEach(async () => {
  [ann, bob, mia, max] = await signedInUsers(4);
  for (const one of [mia, max]) await giveRole(key, one, "moderator");
});

const staff = (method: string, path: string, body?: object) =>
  call(method, `/v1/moderation${path}`, { token: key, ...(body && { body }) });
const report = (by: SignedIn, about: SignedIn) =>
  call("POST", "/v1/reports", { token: by.token, body: { user_id: about.user.id, reason: "spam" } });
const told = (socket: TestSocket) => socket.of("moderation").length;

/** The users who are told from now on, in order. */
function listening(before: () => Promise<unknown> = async () => {}) {
  const ids: number[] = [];
  const interception = intercept(async ({ method, id, args, work }) => {
    if (method !== "pushEvent" || !JSON.stringify(args).includes('"moderation"')) return work();
    ids.push(id);
    await before();
    return work();
  });
  return { ids, [Symbol.dispose]: () => interception[Symbol.dispose]() };
}

test("staff is told of new reports and held messages and of what becomes of them, and nobody else is", async () => {
  const { id: group } = await createGroup(ann, [bob]);
  const rule = { id: "doubt", match: { words: ["bitcoin"] }, action: "hold" };
  expect((await staff("PUT", "/rules", { items: [rule] })).status).toBe(200);
  using listener = listening();
  const device = await openDevice(max.token);
  const bitcoin = { kind: "text", body: { text: "bitcoin" }, client_msg_id: "b1" };
  const post = () => call("POST", `/v1/conversations/${group}/messages`, { token: ann.token, body: bitcoin });

  const made = Object((await report(ann, bob)).body);
  await device.until(() => told(device) === 1);
  expect(device.of("moderation")).toEqual([{ type: "moderation" }]);
  await call("PATCH", `/v1/moderation/reports/${made.id}`, { token: mia.token, body: { state: "taken" } });
  await device.until(() => told(device) === 2);
  expectProblem(await post(), 403, "held");
  await device.until(() => told(device) === 3);
  // The same again is nothing new.
  expectProblem(await post(), 403, "held");
  expect((await report(ann, bob)).status).toBe(200);
  const [held] = Object((await staff("GET", "/held")).body).items;
  expect((await staff("PATCH", `/held/${held.id}`, { decision: "accept" })).status).toBe(200);
  await device.until(() => told(device) === 4);

  await giveRole(key, mia, "user");
  await report(bob, ann);
  await device.until(() => told(device) === 5);
  const of = ({ user }: SignedIn) => listener.ids.filter((id) => id === user.id).length;
  expect([of(max), of(mia), of(ann), of(bob)]).toEqual([5, 4, 0, 0]);
  device.close();
});

test("a report waits for nobody who is told of it, and is made where nobody can be told", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  {
    using _ = listening(() => gate);
    expect((await report(ann, bob)).status).toBe(201);
    open();
  }
  using _ = listening(() => Promise.reject(new Error("no connection")));
  expect((await report(bob, ann)).status).toBe(201);
});

test("staff is shown how much waits", async () => {
  const counts = async () => Object((await call("GET", "/v1/moderation/me", { token: mia.token })).body);
  const before = await counts();
  expect(before).toMatchObject({ role: "moderator" });
  const { id } = Object((await report(ann, bob)).body);
  expect(await counts()).toEqual({ ...before, open_reports: before.open_reports + 1 });
  await call("PATCH", `/v1/moderation/reports/${id}`, { token: mia.token, body: { state: "taken" } });
  expect(await counts()).toEqual(before);
});
