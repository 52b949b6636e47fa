import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import { signedInUsers } from "../../../support/accounts/users.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import {
  ask,
  expectAsked,
  getConversation,
  getMessage,
  listedConversation,
  openDirect,
  send,
} from "../../../support/clients/chat.ts";
import { eventsOf, framesAbout, seqsKnownTo, untilFrame } from "../../../support/clients/device-frames.ts";
import { reference } from "../../../support/clients/forwards.ts";
import { openDevice, type TestSocket } from "../../../support/clients/socket.ts";
import { until, whileHeld } from "../../../support/event-loop.ts";
import { HeldInbox, HeldMethod } from "../../../support/faults/hold.ts";
import {
  conversationObject,
  createGroupId,
  expectDeleted,
  itemAt,
  postText,
  range,
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

const add = (id: number, ...who: SignedIn[]) =>
  expectAsked(ann, id, "POST", "/members", { user_ids: who.map(({ user }) => user.id) });
const removeMember = (id: number, { user }: SignedIn) =>
  expectAsked(ann, id, "DELETE", `/members/${user.id}`);
const rename = (id: number, name: string) => expectAsked(ann, id, "PATCH", "", { name });

/** Renames the group, and resolves once the sockets have the new name and thus all earlier events. */
async function fence(id: number, name: string, ...sockets: TestSocket[]): Promise<void> {
  await rename(id, name);
  for (const socket of sockets)
    await untilFrame(socket, { type: "conversation", conversation: { id, name } });
}

/** Makes the group assume that no member has devices, as when devices connect long after its last update. */
async function forgetDevices(id: ConversationId): Promise<void> {
  await runInDurableObject(conversationObject(id), (_, { storage }) => {
    storage.sql.exec("UPDATE members SET devices = 0");
  });
  await evictDurableObject(conversationObject(id));
}

/** An event of members. Ann removes all who are removed here. */
function member(event: string, ...who: SignedIn[]) {
  const by = event === "removed" && { actor_id: ann.user.id };
  return { type: "member", event, user_ids: who.map(({ user }) => user.id), ...by };
}

test("a new group is pushed to all devices of its members, with each member's role, and so are its messages", async () => {
  const devices = await Promise.all([ann, ann, bob, bob, cid].map(({ token }) => openDevice(token)));
  const id = await createGroupId(ann, bob, cid);
  for (const [i, device] of devices.entries()) {
    const role = i < 2 ? "owner" : "member";
    await untilFrame(device, {
      type: "conversation",
      conversation: { id, role, member_count: 3, last_seq: 0 },
    });
  }
  for (const seq of range(1, 5))
    expect(await postText(id, itemAt([ann, bob, cid], seq % 3), `${seq}`)).toBe(seq);
  for (const device of devices) {
    await untilFrame(device, { type: "message", conversation_id: id, seq: 5 });
    expect(seqsKnownTo(device, id)).toEqual(range(1, 5));
    expect(eventsOf(device, id, "conversation")).toHaveLength(1);
  }
});

test("a new direct conversation is pushed to both users, each with the other as peer", async () => {
  const [anns, bobs] = [await openDevice(ann.token), await openDevice(bob.token)];
  const { id } = await openDirect(ann, bob);
  await untilFrame(anns, { type: "conversation", conversation: { id, peer: { id: bob.user.id } } });
  await untilFrame(bobs, { type: "conversation", conversation: { id, peer: { id: ann.user.id } } });
});

test("a new member's devices get the group, and each later message once", async () => {
  for (const round of range(1, 5)) {
    const id = await createGroupId(ann, bob);
    await postText(id, ann, "one");
    const devices = [await openDevice(cid.token), await openDevice(cid.token), await openDevice(dan.token)];
    await (round % 2 === 0 ? expectAsked(ann, id, "PATCH", "", { join_policy: "free" }) : rename(id, "new"));
    if (round % 2 === 0) for (const who of [cid, dan]) await expectAsked(who, id, "POST", "/join", {});
    else await add(id, cid, dan);
    for (const device of devices)
      await untilFrame(device, { type: "conversation", conversation: { id, role: "member" } });
    const last = await postText(id, bob, "last");
    for (const device of devices) {
      await untilFrame(device, { type: "message", conversation_id: id, seq: last });
      const firstVisible = device === devices[2] && round % 2 === 0 ? 4 : 3;
      expect(seqsKnownTo(device, id)).toEqual(range(firstVisible, last));
      device.close();
      await device.closed();
    }
  }
});

test("a new member's devices get the group even if the write to D1 is late", async () => {
  const id = await createGroupId(ann, bob);
  const device = await openDevice(cid.token);
  const batch = env.DB.batch.bind(env.DB);
  let isHeld = true;
  const held: typeof batch = async (statements) => {
    await whileHeld(() => isHeld);
    return batch(statements);
  };
  Object.defineProperty(env.DB, "batch", { configurable: true, value: held });
  onTestFinished(() => void Reflect.deleteProperty(env.DB, "batch"));
  const added = add(id, cid);
  await untilFrame(device, { ...member("joined", cid), conversation_id: id });
  isHeld = false;
  await added;
  await untilFrame(device, { type: "conversation", conversation: { id, role: "member" } });
});

test("every device gets member events in order; only the owner and admins get join requests", async () => {
  const id = await createGroupId(ann, bob, cid);
  const [anns, bobs, cids] = [
    await openDevice(ann.token),
    await openDevice(bob.token),
    await openDevice(cid.token),
  ];
  await expectAsked(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
  await expectAsked(dan, id, "POST", "/join", {});
  await expectAsked(bob, id, "POST", "/applications/1", { action: "accept" });
  await expectAsked(bob, id, "PATCH", `/members/${cid.user.id}`, { muted_for_s: 60 });
  await expectAsked(dan, id, "POST", "/leave");
  await add(id, dan);
  await removeMember(id, dan);
  await expectAsked(ann, id, "POST", "/owner", { user_id: bob.user.id });
  await expectAsked(bob, id, "PATCH", "", { name: "his" });
  for (const device of [anns, bobs, cids]) await untilFrame(device, { type: "member", event: "profile" });
  const expected = [
    member("role", bob),
    member("applied", dan),
    member("joined", dan),
    member("muted", cid),
    member("left", dan),
    member("joined", dan),
    member("removed", dan),
    member("owner", bob),
    member("profile"),
  ];
  expect(eventsOf(anns, id, "member")).toEqual(expected);
  expect(eventsOf(bobs, id, "member")).toEqual(expected);
  expect(eventsOf(cids, id, "member")).toEqual(expected.filter(({ event }) => event !== "applied"));
  for (const [device, role] of [
    [anns, "member"],
    [bobs, "owner"],
    [cids, "member"],
  ] as const) {
    await untilFrame(device, { type: "conversation", conversation: { id, name: "his", role } });
  }
});

test("a new name is pushed to all members, a role to its member, preferences to the user's own devices", async () => {
  const id = await createGroupId(ann, bob, cid);
  const [anns, bobs, cids] = [
    await openDevice(ann.token),
    await openDevice(bob.token),
    await openDevice(cid.token),
  ];
  const bobsTablet = await openDevice(bob.token);
  await fence(id, "first", anns, bobs, bobsTablet, cids);
  await expectAsked(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
  for (const device of [bobs, bobsTablet])
    await untilFrame(device, { type: "conversation", conversation: { id, role: "admin" } });
  await expectAsked(bob, id, "PUT", "/preferences", { sticky: true, silent: true });
  for (const device of [bobs, bobsTablet]) {
    await untilFrame(device, {
      type: "conversation",
      conversation: { id, role: "admin", sticky: true, silent: true },
    });
  }
  await fence(id, "second", anns, bobs, bobsTablet, cids);
  for (const device of [anns, cids]) {
    const names = eventsOf(device, id, "conversation").map(
      (event) => Reflect.get(event, "conversation").name,
    );
    expect(names.slice(names.indexOf("first"))).toEqual(["first", "second"]);
  }
});

test.each(["known to the group", "newly connected"])(
  "a removed member gets all earlier messages and the removal, and nothing later (devices %s)",
  async (how) => {
    const id = await createGroupId(ann, bob, cid);
    await expect.poll(async () => (await listedConversation(cid, id)).member_count).toBe(3);
    const devices = [await openDevice(cid.token), await openDevice(cid.token)];
    const [anns, bobs] = [await openDevice(ann.token), await openDevice(bob.token)];
    if (how === "known to the group") await fence(id, "first", anns, bobs, ...devices);
    const before = (await listedConversation(ann, id)).last_seq;
    anns.send({
      type: "sends",
      items: range(1, 30).map((i) => ({ ...textFrame(`${i}`, `${i}`), conversation_id: id })),
    });
    await anns.until(({ acks }) => acks.length === 30);
    await removeMember(id, cid);
    for (const device of devices)
      await untilFrame(device, { ...member("removed", cid), conversation_id: id });
    // The count must not grow from here.
    const framesBefore = devices.map((device) => framesAbout(device, id).length);
    for (const device of devices) {
      expect(seqsKnownTo(device, id).filter((seq) => seq > before)).toEqual(range(before + 1, before + 30));
      expect(framesAbout(device, id).at(-1)).toEqual({ ...member("removed", cid), conversation_id: id });
    }
    await postText(id, bob, "behind his back");
    await expectDeleted(id, ann, before + 30, "everyone");
    bobs.send({ type: "typing", conversation_id: id });
    bobs.send({ type: "read", conversation_id: id, seq: before + 20 });
    await expectAsked(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
    await fence(id, "second", anns, bobs);
    for (const [i, device] of devices.entries()) {
      device.send({ ...textFrame("late", "late"), conversation_id: id });
      expect(await untilFrame(device, { type: "error", client_msg_id: "late" })).toMatchObject({
        code: "not_found",
      });
      expect(framesAbout(device, id).filter(({ type }) => type !== "error")).toHaveLength(
        itemAt(framesBefore, i),
      );
    }
    const framesAfterRemoval = framesAbout(itemAt(devices, 0), id).length;
    await add(id, cid);
    const last = await postText(id, ann, "welcome");
    for (const device of devices) {
      await untilFrame(device, { type: "message", conversation_id: id, seq: last });
      await untilFrame(device, { ...member("joined", cid), conversation_id: id });
      const since = seqsKnownTo(device, id).filter((seq) => seq > before + 30);
      expect(since).toEqual([last - 1, last]);
      const types = framesAbout(device, id)
        .slice(framesAfterRemoval)
        .map(({ type }) => type);
      expect(types.filter((type) => !["message", "member", "conversation"].includes(type))).toEqual([]);
    }
  },
);

test.each(["removed", "dissolved"])(
  "a new device of a late inbox gets all messages before the member is out (%s)",
  async (event) => {
    const id = await createGroupId(ann, cid);
    await expect.poll(async () => (await listedConversation(cid, id)).member_count).toBe(2);
    const [anns, cids] = [await openDevice(ann.token), await openDevice(cid.token)];
    // Once a new socket has its held messages, its inbox has no timer, so a held inbox can be released.
    const other = await createGroupId(ann, cid);
    await postText(other, ann, "waits");
    await cids.until(({ messages }) => messages.length > 0);
    await forgetDevices(id);
    const held = await HeldInbox.hold(cid.user.id);
    for (const seq of [1, 2, 3]) await postText(id, ann, `${seq}`);
    const ending = event === "removed" ? removeMember(id, cid) : expectAsked(ann, id, "DELETE", "");
    await untilFrame(anns, { type: "member", event });
    held.release();
    await ending;
    await untilFrame(cids, { type: "member", event });
    expect(seqsKnownTo(cids, id)).toEqual([1, 2, 3]);
  },
);

test("only current members get the dissolving, as the last event", async () => {
  const id = await createGroupId(ann, bob, cid);
  const [bobs, cids] = [await openDevice(bob.token), await openDevice(cid.token)];
  await removeMember(id, cid);
  await untilFrame(cids, member("removed", cid));
  const last = await postText(id, ann, "farewell");
  await expectAsked(ann, id, "DELETE", "");
  await untilFrame(bobs, { ...member("dissolved"), conversation_id: id });
  expect(seqsKnownTo(bobs, id)).toEqual([1, last]);
  expect(framesAbout(bobs, id).at(-1)).toEqual({ ...member("dissolved"), conversation_id: id });
  // Events of another conversation still arrive.
  const other = await createGroupId(ann, cid);
  await untilFrame(cids, { type: "conversation", conversation: { id: other } });
  expect(eventsOf(cids, id, "member")).toEqual([member("removed", cid)]);
});

test.each<
  [
    what: string,
    event: string,
    end: (id: number) => Promise<unknown>,
    isOver: (id: number) => Promise<boolean>,
  ]
>([
  ["leaves", "left", (id) => expectAsked(bob, id, "POST", "/leave"), hasLost],
  ["is removed", "removed", (id) => removeMember(id, bob), hasLost],
  ["sees the group dissolved", "dissolved", (id) => expectAsked(ann, id, "DELETE", ""), isDissolved],
])(
  "a device whose user %s during its sends gets acks and refusals before that event, its last",
  async (_, event, end, isOver) => {
    const [id, source] = [await createGroupId(ann, bob), await createGroupId(bob)];
    const slow = reference(await send(bob, source, "slow"));
    const device = await openDevice(bob.token);
    const held = await HeldMethod.hold(source, "messages");
    let ended: Promise<unknown> = Promise.resolve();
    try {
      // The outcomes of one frame are answered together: the first message is stored while the second waits.
      const items = [textFrame("1", "1"), { client_msg_id: "2", forward: slow }];
      device.send({ type: "sends", items: items.map((item) => ({ ...item, conversation_id: id })) });
      await until(() => isStored(id, 1), "the message is stored");
      ended = end(id);
      await until(() => isOver(id), "the call is over");
    } finally {
      held.release();
    }
    await untilFrame(device, { type: "member", conversation_id: id, event });
    await untilFrame(device, { type: "error", client_msg_id: "2" });
    await ended;
    const answered = framesAbout(device, id).filter(({ type }) => type === "ack" || type === "error");
    expect(new Map(answered.map(({ client_msg_id, type }) => [client_msg_id, type]))).toEqual(
      new Map([
        ["1", "ack"],
        ["2", "error"],
      ]),
    );
    expect(framesAbout(device, id).at(-1)).toMatchObject({ type: "member", event });
    device.close();
  },
);

async function isStored(id: number, seq: number): Promise<boolean> {
  return getMessage(ann, id, seq).then(
    () => true,
    () => false,
  );
}

async function hasLost(id: number): Promise<boolean> {
  return (await getConversation(ann, id)).member_count === 1;
}

async function isDissolved(id: number): Promise<boolean> {
  return (await ask(ann, id, "GET", "")).status === 404;
}
