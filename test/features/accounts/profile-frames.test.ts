import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { deleteAccount, deletedUser } from "../../support/accounts/deletion.ts";
import { changeProfile, senderSeenBy } from "../../support/accounts/profiles.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, insertUsers, openDirect, openForSelf, send } from "../../support/clients/chat.ts";
import { untilFrame } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { createGroupId, itemAt, postText, range } from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";
import { signed } from "../../surfaces/usersig/client.ts";
import { connect } from "../../surfaces/usersig/socket.ts";

const Named = z.object({ nickname: z.string() });
const AVATAR = "https://avatars.example/new.png";

let ann: SignedIn;
let bob: SignedIn;
let cas: SignedIn;

beforeEach(async () => {
  const three = await signedInUsers(3);
  [ann, bob, cas] = [itemAt(three, 0), itemAt(three, 1), itemAt(three, 2)];
});

/** The frame about a user with this profile. */
const frameOf = ({ user: { id, username } }: SignedIn, nickname: string, avatar = "") => ({
  type: "profile",
  user: { id, username, nickname, avatar },
});

/**
 * Moves a read position to the first message and waits for its event. Ephemeral events keep their order, so
 * all earlier ones of the conversation have arrived.
 */
async function fence(who: SignedIn, id: number, ...sockets: TestSocket[]): Promise<void> {
  const answer = await call("PUT", `/v1/conversations/${id}/read`, { token: who.token, body: { seq: 1 } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  for (const socket of sockets)
    await untilFrame(socket, { type: "read", conversation_id: id, user_id: who.user.id, seq: 1 });
}

test("goes to each device and room socket of those who share a conversation, the user's own too", async () => {
  const { id } = await openDirect(ann, bob);
  const sockets = [
    await openDevice(ann.token),
    await openDevice(ann.token),
    await openRoom(id, ann.token),
    await openDevice(bob.token),
    await openRoom(id, bob.token),
  ];
  await changeProfile(bob, { nickname: "Rob", avatar: AVATAR });
  for (const socket of sockets) expect(await socket.next("profile")).toEqual(frameOf(bob, "Rob", AVATAR));
});

test("comes once to a device that shares twenty conversations", async () => {
  const [anns, bobs] = [await openDevice(ann.token), await openDevice(bob.token)];
  const ids = [];
  for (const _ of range(1, 20)) ids.push(await createGroupId(ann, bob));
  for (const id of ids) await postText(id, bob, "hello");
  await changeProfile(bob, { nickname: "Rob" });
  for (const id of ids)
    await eventually(async () => expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "Rob" }));
  for (const id of ids) await fence(ann, id, anns, bobs);
  for (const socket of [anns, bobs]) expect(socket.of("profile")).toEqual([frameOf(bob, "Rob")]);
});

test("ends with the last of many changes, in the same order everywhere", async () => {
  const ids = [await createGroupId(ann, bob), await createGroupId(ann, bob)];
  for (const id of ids) await postText(id, bob, "hello");
  const sockets = [
    await openDevice(ann.token),
    await openDevice(bob.token),
    await openRoom(itemAt(ids, 0), ann.token),
    await openRoom(itemAt(ids, 1), ann.token),
  ];
  await Promise.all(range(1, 30).map((n) => changeProfile(bob, { nickname: `Bob ${n}` })));
  const { nickname } = Named.parse((await call("GET", "/v1/me", { token: bob.token })).body);
  for (const socket of sockets) await untilFrame(socket, frameOf(bob, nickname));
  for (const id of ids) {
    await eventually(async () => expect(await senderSeenBy(ann, id)).toMatchObject({ nickname }));
    await fence(ann, id, ...sockets.slice(0, 2));
  }
  for (const socket of sockets) {
    expect(socket.of("profile").at(-1)).toEqual(frameOf(bob, nickname));
    const shown = socket.of("profile").map(({ user }) => JSON.stringify(user));
    expect(new Set(shown).size).toBe(shown.length);
  }
});

describe("goes to nobody else:", () => {
  test("not to a member who left, nor to strangers", async () => {
    const id = await createGroupId(ann, bob, cas);
    await postText(id, bob, "hello");
    expect((await call("POST", `/v1/conversations/${id}/leave`, { token: cas.token })).status).toBe(204);
    const others = await createGroupId(ann, cas);
    await postText(others, ann, "hello");
    const [anns, cass] = [await openDevice(ann.token), await openDevice(cas.token)];
    await changeProfile(bob, { nickname: "Rob" });
    expect(await anns.next("profile")).toEqual(frameOf(bob, "Rob"));
    await fence(ann, id, anns);
    await fence(cas, others, cass);
    expect(cass.of("profile")).toEqual([]);
  });

  test("not to a user who has not opened the direct conversation", async () => {
    const { id } = await openForSelf(bob, ann);
    const others = await createGroupId(ann, cas);
    await postText(others, cas, "hello");
    const [anns, room] = [await openDevice(ann.token), await openRoom(id, bob.token)];
    await changeProfile(bob, { nickname: "Rob" });
    await room.next("profile");
    await fence(ann, others, anns);
    expect(anns.of("profile")).toEqual([]);
  });

  test("not across a block in the direct conversation, while a shared group tells", async () => {
    const { id } = await openDirect(ann, bob);
    await send(bob, id, "hello");
    const group = await createGroupId(cas, ann);
    await postText(group, cas, "hello");
    expect((await call("PUT", `/v1/blocks/${bob.user.id}`, { token: ann.token })).status).toBe(204);
    const [anns, annsRoom, bobsRoom] = [
      await openDevice(ann.token),
      await openRoom(id, ann.token),
      await openRoom(id, bob.token),
    ];
    await changeProfile(bob, { nickname: "Rob" });
    expect(await bobsRoom.next("profile")).toEqual(frameOf(bob, "Rob"));
    await fence(ann, group, anns);
    for (const socket of [anns, annsRoom]) expect(socket.of("profile")).toEqual([]);
    await call("POST", `/v1/conversations/${group}/members`, {
      token: cas.token,
      body: { user_ids: [bob.user.id] },
    });
    await changeProfile(bob, { nickname: "Robert" });
    expect(await anns.next("profile")).toEqual(frameOf(bob, "Robert"));
  });

  test("not to sockets of usersig, whose document has no such frame", async () => {
    const { id } = await openDirect(ann, bob);
    const [socket, anns] = [await connect(signed(ann)), await openDevice(ann.token)];
    await changeProfile(bob, { nickname: "Rob" });
    await anns.next("profile");
    await send(bob, id, "hello");
    await socket.next("MESSAGE_RECEIVED");
    expect(socket.frames.map(({ type }) => type)).toEqual(["SDK_READY", "MESSAGE_RECEIVED"]);
  });

  test("in a group of more than 64 members to room sockets only", async () => {
    const { id } = await createGroup(ann, [bob, cas, ...(await insertUsers(timing.largeGroup.aboveMembers))]);
    await send(bob, id, "hello");
    const [anns, room] = [await openDevice(ann.token), await openRoom(id, cas.token)];
    await changeProfile(bob, { nickname: "Rob" });
    expect(await room.next("profile")).toEqual(frameOf(bob, "Rob"));
    await send(bob, id, "later");
    await anns.until(({ messages }) => messages.length > 0);
    expect(anns.messages.at(-1)).toMatchObject({ sender: { nickname: "Rob" } });
    expect(anns.of("profile")).toEqual([]);
  });
});

test("tells of the end of an account", async () => {
  const dan = await register();
  await changeProfile(dan, { nickname: "Dan", avatar: AVATAR });
  const { id } = await openDirect(ann, dan);
  const group = await createGroupId(ann, dan);
  const sockets = [
    await openDevice(ann.token),
    await openRoom(id, ann.token),
    await openRoom(group, ann.token),
  ];
  expect((await deleteAccount(dan)).status).toBe(204);
  for (const socket of sockets) {
    expect(await socket.next("profile")).toEqual({ type: "profile", user: deletedUser(dan) });
  }
  await untilFrame(itemAt(sockets, 0), { type: "member", conversation_id: group, event: "left" });
  expect(itemAt(sockets, 0).of("profile")).toHaveLength(1);
});

test("comes to a device that shows the conversation over a room socket", async () => {
  const { id } = await openDirect(ann, bob);
  const anns = await openDevice(ann.token);
  anns.send({ type: "focus", conversation_id: id });
  await anns.next("focused");
  await changeProfile(bob, { nickname: "Rob" });
  expect(await anns.next("profile")).toEqual(frameOf(bob, "Rob"));
});
