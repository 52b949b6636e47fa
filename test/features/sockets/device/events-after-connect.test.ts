import { evictDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { deleteAccount } from "../../../support/accounts/deletion.ts";
import { done } from "../../../support/accounts/friends.ts";
import { signedIn } from "../../../support/accounts/users.ts";
import { type Answer, call, type SignedIn } from "../../../support/clients/api.ts";
import { getMessage, listed, openDirect, send } from "../../../support/clients/chat.ts";
import { hears } from "../../../support/clients/device-frames.ts";
import { reference } from "../../../support/clients/forwards.ts";
import { openDevice, openRoom, type TestSocket } from "../../../support/clients/socket.ts";
import { intercept } from "../../../support/faults/calls.ts";
import { HeldCalls } from "../../../support/faults/hold.ts";
import { at, inboxObject, newGroup, people, post, remove, text } from "../../../support/objects/room.ts";
import { setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

// A socket that has said nothing yet waits long enough that things happen meanwhile, and no longer.
beforeAll(() => setTiming({ deviceFeed: { holdMs: 50 } }));

beforeEach(async () => {
  const all = await signedIn(4);
  [ann, bob, cid, dan] = [at(all, 0), at(all, 1), at(all, 2), at(all, 3)];
});

async function ask(
  { token }: SignedIn,
  id: number,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const given = body === undefined ? {} : { body };
  const answer = await call(method, `/v1/conversations/${id}${path}`, { token, ...given });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer;
}

type Action = [what: string, run: (id: ConversationId) => Promise<unknown>, told: object];

/** What happens in a group of Ann and others whose newest message is 1, and what Bob's devices are told of it. */
const ACTIONS: Action[] = [
  ["a message", (id) => post(id, ann, "two"), { type: "message", seq: 2 }],
  ["a revoke", (id) => remove(id, ann, 1, "everyone"), { type: "revoked", seq: 1 }],
  ["a hide of his own", (id) => remove(id, bob, 1, "me"), { type: "hidden", seq: 1 }],
  ["a read of another", (id) => ask(cid, id, "PUT", "/read", { seq: 1 }), { type: "read", seq: 1 }],
  ["a read of his own", (id) => ask(bob, id, "PUT", "/read", { seq: 1 }), { type: "read", seq: 1 }],
  [
    "a new name",
    (id) => ask(ann, id, "PATCH", "", { name: "new" }),
    { type: "conversation", conversation: { name: "new" } },
  ],
  [
    "what else is new of the profile",
    (id) => ask(ann, id, "PATCH", "", { introduction: "new" }),
    { type: "member", event: "profile" },
  ],
  [
    "his new role",
    (id) => ask(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" }),
    { type: "conversation", conversation: { role: "admin" } },
  ],
  [
    "another's mute",
    (id) => ask(ann, id, "PATCH", `/members/${cid.user.id}`, { muted_for_s: 60 }),
    { type: "member", event: "muted" },
  ],
  [
    "his own flags",
    (id) => ask(bob, id, "PUT", "/preferences", { silent: true }),
    { type: "conversation", conversation: { silent: true } },
  ],
  [
    "who comes",
    (id) => ask(ann, id, "POST", "/members", { user_ids: [dan.user.id] }),
    { type: "member", event: "joined" },
  ],
  ["who leaves", (id) => ask(cid, id, "POST", "/leave"), { type: "member", event: "left" }],
  ["the end", (id) => ask(ann, id, "DELETE", ""), { type: "member", event: "dissolved" }],
];

test.each(ACTIONS)("a device that has just come to a quiet group hears of %s", async (_, action, told) => {
  const id = await newGroup(ann, bob, cid);
  await post(id, ann, "one");
  await expect.poll(async () => (await listed(bob, id)).last_seq).toBe(1);
  const device = await openDevice(bob.token);
  await action(id);
  await hears(device, { ...told, ...(!("conversation" in told) && { conversation_id: id }) });
});

test("a device that has just come hears that the other one types", async () => {
  const { id } = await openDirect(ann, bob);
  await expect.poll(async () => (await listed(bob, id)).last_seq).toBe(0);
  const [anns, bobs] = [await openDevice(ann.token), await openDevice(bob.token)];
  anns.send({ type: "typing", conversation_id: id });
  await hears(bobs, { type: "typing", conversation_id: id, user_id: ann.user.id });
  bobs.send({ type: "typing", conversation_id: id });
  await hears(anns, { type: "typing", conversation_id: id, user_id: bob.user.id });
});

test("so does one whose inbox has slept since it was told of the conversation last", async () => {
  const { id } = await openDirect(ann, bob);
  await post(id, ann, "one");
  await expect.poll(async () => (await listed(bob, id)).last_seq).toBe(1);
  const now = Date.now;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + 2_000);
  onTestFinished(() => clock.mockRestore());
  await evictDurableObject(inboxObject(bob.user.id));
  const [anns, bobs] = [await openDevice(ann.token), await openDevice(bob.token)];
  anns.send({ type: "typing", conversation_id: id });
  await hears(bobs, { type: "typing", conversation_id: id, user_id: ann.user.id });
});

test("so does one that comes while it is still on its way that nobody is there", async () => {
  const id = await newGroup(ann, bob);
  await expect.poll(async () => (await listed(bob, id)).last_seq).toBe(0);
  const held = { isAnswered: false, isReleased: false };
  using _ = intercept(async ({ id: of, method, work }) => {
    const answer = await work();
    if (method !== "applyUpdate" || of !== bob.user.id) return answer;
    held.isAnswered = true;
    while (!held.isReleased) await new Promise((resolve) => setTimeout(resolve, 1));
    return answer;
  });
  await post(id, ann, "one");
  await expect.poll(() => held.isAnswered).toBe(true);
  const device = await openDevice(bob.token);
  await ask(ann, id, "PATCH", "", { introduction: "new" });
  held.isReleased = true;
  await hears(device, { type: "member", event: "profile", conversation_id: id });
});

test("both hear that they may not write to each other any more, by a block or by a deletion, or may again", async () => {
  const [eve, fay] = await people(2);
  if (!eve || !fay) throw new Error("there are two");
  const { id } = await openDirect(eve, fay);
  const sockets = [await openDevice(eve.token), await openRoom(id, eve.token), await openDevice(fay.token)];
  const disabled = async (wanted: boolean, ...told: TestSocket[]) => {
    for (const socket of told) {
      await hears(socket, { type: "conversation", conversation: { id, disabled: wanted } });
      socket.frames.length = 0;
    }
  };
  for (const [by, of] of [
    [eve, fay],
    [fay, eve],
  ] as const) {
    await done("PUT blocks", by, of);
    await disabled(true, ...sockets);
    await done("DELETE blocks", by, of);
    await disabled(false, ...sockets);
  }
  expect((await deleteAccount(fay)).status).toBe(204);
  await disabled(true, ...sockets.slice(0, 2));
});

describe("what the user changes himself", () => {
  test("what becomes of a message before its ack is told to the device that sent it", async () => {
    const registered = await people(2);
    const [ann, bob] = [at(registered, 0), at(registered, 1)];
    const [id, source] = [await newGroup(ann, bob), await newGroup(bob)];
    const slow = reference(await send(bob, source, "slow"));
    const device = await openDevice(bob.token);
    const held = await HeldCalls.hold(source, "messages");
    const changed: Promise<void>[] = [];
    try {
      // The acks of a frame go together: the first two are stored while the third waits.
      const items = [text("1", "1"), text("2", "2"), { client_msg_id: "3", forward: slow }];
      device.send({ type: "sends", items: items.map((item) => ({ ...item, conversation_id: id })) });
      const gone = async (seq: number) => {
        const { status, revoked } = await getMessage(bob, id, seq).then(
          (message) => ({ status: 200, revoked: message.revoked }),
          () => ({ status: 404, revoked: true }),
        );
        return status === 404 || revoked;
      };
      while (await gone(2)) await Promise.resolve();
      changed.push(remove(id, ann, 1, "everyone"));
      while (!(await gone(1))) await Promise.resolve();
      changed.push(remove(id, bob, 2, "me"));
      while (!(await gone(2))) await Promise.resolve();
    } finally {
      held.release();
    }
    await device.until(({ acks }) => acks.length === 3);
    await device.until(() => device.of("revoked").length + device.of("hidden").length === 2);
    expect(device.of("revoked")).toMatchObject([{ conversation_id: id, seq: 1, by: ann.user.id, rev: 1 }]);
    expect(device.of("hidden")).toMatchObject([{ conversation_id: id, seq: 2, rev: 2 }]);
    expect(device.messages).toEqual([]);
    await Promise.all(changed);
    device.close();
  });
});
