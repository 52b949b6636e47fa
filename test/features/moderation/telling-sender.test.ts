import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, page, send } from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { intercept, loseCalls } from "../../support/faults/calls.ts";
import { setTiming } from "../../support/timing.ts";

const HOLD = { id: "doubt", match: { words: ["bitcoin"] }, action: "hold" };
const FLAG = { id: "look", match: { words: ["discount"] }, action: "flag" };

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
  [ann, bob] = await signedInUsers(2);
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
