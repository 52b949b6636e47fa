import { evictDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { deleteAccount } from "../../../support/accounts/deletion.ts";
import { expectFriendCall } from "../../../support/accounts/friends.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { registerUsers, type SignedIn } from "../../../support/clients/api.ts";
import {
  expectAsked,
  getMessage,
  listedConversation,
  openDirect,
  send,
} from "../../../support/clients/chat.ts";
import { untilFrame } from "../../../support/clients/device-frames.ts";
import { reference } from "../../../support/clients/forwards.ts";
import { openDevice, openRoom, type TestSocket } from "../../../support/clients/socket.ts";
import { whileHeld } from "../../../support/event-loop.ts";
import { intercept } from "../../../support/faults/calls.ts";
import { HeldMethod } from "../../../support/faults/hold.ts";
import {
  createGroupId,
  expectDeleted,
  inboxObject,
  postText,
  textFrame,
} from "../../../support/objects/room.ts";
import { setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

// The hold of a silent socket: long enough for events during it, and no longer.
beforeAll(() => setTiming({ deviceFeed: { holdMs: 50 } }));

beforeEach(async () => {
  [ann, bob, cid, dan] = await signedInUsers(4);
});

type Action = [what: string, run: (id: ConversationId) => Promise<unknown>, expected: object];

/** Actions in a group of Ann, Bob and others whose newest message is 1, and the frame Bob's devices get. */
const ACTIONS: Action[] = [
  ["a message", (id) => postText(id, ann, "two"), { type: "message", seq: 2 }],
  ["a revoke", (id) => expectDeleted(id, ann, 1, "everyone"), { type: "revoked", seq: 1 }],
  ["the user's own hide", (id) => expectDeleted(id, bob, 1, "me"), { type: "hidden", seq: 1 }],
  [
    "a read of another member",
    (id) => expectAsked(cid, id, "PUT", "/read", { seq: 1 }),
    { type: "read", seq: 1 },
  ],
  ["the user's own read", (id) => expectAsked(bob, id, "PUT", "/read", { seq: 1 }), { type: "read", seq: 1 }],
  [
    "a new name",
    (id) => expectAsked(ann, id, "PATCH", "", { name: "new" }),
    { type: "conversation", conversation: { name: "new" } },
  ],
  [
    "a new introduction",
    (id) => expectAsked(ann, id, "PATCH", "", { introduction: "new" }),
    { type: "member", event: "profile" },
  ],
  [
    "the user's new role",
    (id) => expectAsked(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" }),
    { type: "conversation", conversation: { role: "admin" } },
  ],
  [
    "a mute of another member",
    (id) => expectAsked(ann, id, "PATCH", `/members/${cid.user.id}`, { muted_for_s: 60 }),
    { type: "member", event: "muted" },
  ],
  [
    "the user's own preferences",
    (id) => expectAsked(bob, id, "PUT", "/preferences", { silent: true }),
    { type: "conversation", conversation: { silent: true } },
  ],
  [
    "an added member",
    (id) => expectAsked(ann, id, "POST", "/members", { user_ids: [dan.user.id] }),
    { type: "member", event: "joined" },
  ],
  ["a member who leaves", (id) => expectAsked(cid, id, "POST", "/leave"), { type: "member", event: "left" }],
  ["the dissolving", (id) => expectAsked(ann, id, "DELETE", ""), { type: "member", event: "dissolved" }],
];

test.each(ACTIONS)(
  "a device that has just connected to a quiet group gets %s",
  async (_, action, expected) => {
    const id = await createGroupId(ann, bob, cid);
    await postText(id, ann, "one");
    await expect.poll(async () => (await listedConversation(bob, id)).last_seq).toBe(1);
    const device = await openDevice(bob.token);
    await action(id);
    await untilFrame(device, { ...expected, ...(!("conversation" in expected) && { conversation_id: id }) });
  },
);

test("a device that has just connected gets the peer's typing", async () => {
  const { id } = await openDirect(ann, bob);
  await expect.poll(async () => (await listedConversation(bob, id)).last_seq).toBe(0);
  const [anns, bobs] = [await openDevice(ann.token), await openDevice(bob.token)];
  anns.send({ type: "typing", conversation_id: id });
  await untilFrame(bobs, { type: "typing", conversation_id: id, user_id: ann.user.id });
  bobs.send({ type: "typing", conversation_id: id });
  await untilFrame(anns, { type: "typing", conversation_id: id, user_id: bob.user.id });
});

test("a device gets the peer's typing after an eviction of its inbox", async () => {
  const { id } = await openDirect(ann, bob);
  await postText(id, ann, "one");
  await expect.poll(async () => (await listedConversation(bob, id)).last_seq).toBe(1);
  const now = Date.now;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + 2_000);
  onTestFinished(() => clock.mockRestore());
  await evictDurableObject(inboxObject(bob.user.id));
  const [anns, bobs] = [await openDevice(ann.token), await openDevice(bob.token)];
  anns.send({ type: "typing", conversation_id: id });
  await untilFrame(bobs, { type: "typing", conversation_id: id, user_id: ann.user.id });
});

test("a device that connects while its inbox reports no device gets later events", async () => {
  const id = await createGroupId(ann, bob);
  await expect.poll(async () => (await listedConversation(bob, id)).last_seq).toBe(0);
  const held = { isAnswered: false, isReleased: false };
  using _ = intercept(async ({ id: of, method, work }) => {
    const answer = await work();
    if (method !== "applyUpdate" || of !== bob.user.id) return answer;
    held.isAnswered = true;
    await whileHeld(() => !held.isReleased);
    return answer;
  });
  await postText(id, ann, "one");
  await expect.poll(() => held.isAnswered).toBe(true);
  const device = await openDevice(bob.token);
  await expectAsked(ann, id, "PATCH", "", { introduction: "new" });
  held.isReleased = true;
  await untilFrame(device, { type: "member", event: "profile", conversation_id: id });
});

test("both users get `disabled` changes of a direct conversation after a block, an unblock and a deletion", async () => {
  const [eve, fay] = await registerUsers(2);
  const { id } = await openDirect(eve, fay);
  const sockets = [await openDevice(eve.token), await openRoom(id, eve.token), await openDevice(fay.token)];
  const expectDisabled = async (disabled: boolean, ...recipients: TestSocket[]) => {
    for (const socket of recipients) {
      await untilFrame(socket, { type: "conversation", conversation: { id, disabled } });
      socket.frames.length = 0;
    }
  };
  for (const [by, of] of [
    [eve, fay],
    [fay, eve],
  ] as const) {
    await expectFriendCall("PUT blocks", by, of);
    await expectDisabled(true, ...sockets);
    await expectFriendCall("DELETE blocks", by, of);
    await expectDisabled(false, ...sockets);
  }
  expect((await deleteAccount(fay)).status).toBe(204);
  await expectDisabled(true, ...sockets.slice(0, 2));
});

describe("a revoke or hide before the ack", () => {
  test("is sent to the device that sent the message", async () => {
    const [ann, bob] = await registerUsers(2);
    const [id, source] = [await createGroupId(ann, bob), await createGroupId(bob)];
    const slow = reference(await send(bob, source, "slow"));
    const device = await openDevice(bob.token);
    const held = await HeldMethod.hold(source, "messages");
    const changed: Promise<void>[] = [];
    try {
      // Acks of one frame are sent together: the first two messages are stored while the third waits.
      const items = [textFrame("1", "1"), textFrame("2", "2"), { client_msg_id: "3", forward: slow }];
      device.send({ type: "sends", items: items.map((item) => ({ ...item, conversation_id: id })) });
      const isRemoved = async (seq: number) => {
        const { status, revoked } = await getMessage(bob, id, seq).then(
          (message) => ({ status: 200, revoked: message.revoked }),
          () => ({ status: 404, revoked: true }),
        );
        return status === 404 || revoked;
      };
      while (await isRemoved(2)) await Promise.resolve();
      changed.push(expectDeleted(id, ann, 1, "everyone"));
      while (!(await isRemoved(1))) await Promise.resolve();
      changed.push(expectDeleted(id, bob, 2, "me"));
      while (!(await isRemoved(2))) await Promise.resolve();
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
