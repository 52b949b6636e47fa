import { beforeEach, expect, test } from "vitest";
import { befriend, expectFriendCall } from "../../support/accounts/friends.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  conversationCode,
  converse,
  createGroup,
  openForSelf,
  send,
} from "../../support/clients/chat.ts";
import { untilFrame } from "../../support/clients/device-frames.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { itemAt, untilShownOnline } from "../../support/objects/room.ts";
import { list as overAppkey } from "../../surfaces/appkey/client.ts";
import { view } from "../../surfaces/kook/client.ts";
import { tim } from "../../surfaces/tim/client.ts";
import { info, logs, sessions, signed } from "../../surfaces/usersig/client.ts";

// Ann has written to Bob, who has read it and answered. Then one of them blocks the other.
let ann: SignedIn;
let bob: SignedIn;
let id: number;

const PROFILE = {
  birthday: "1990-01-01",
  location: "Berlin",
  language: "de",
  signature: "hi",
  gender: "Gender_Type_Male",
};

beforeEach(async () => {
  [ann, bob] = await registerUsers(2);
  ({ id } = await converse(ann, bob));
  await call("PATCH", "/v1/me", { token: bob.token, body: { ...PROFILE, nickname: "Bob" } });
});

/** What Ann is shown of Bob, over every API. */
async function shown() {
  const v1 = async (path: string) => JSON.stringify((await call("GET", path, { token: ann.token })).body);
  const onlineIn = (text: string) => new RegExp(`"id":${bob.user.id},[^}]*"online":true`).test(text);
  const online = await Promise.all(
    [
      `/v1/users/${bob.user.id}`,
      `/v1/users?username=${encodeURIComponent(bob.user.username)}`,
      "/v1/conversations",
      `/v1/conversations/${id}`,
      `/v1/conversations/${id}/members`,
    ].map(async (path) => onlineIn(await v1(path))),
  );
  const receipts = JSON.parse(await v1(`/v1/conversations/${id}/receipts`));
  const read = receipts.items.find((item: { user_id: number }) => item.user_id === bob.user.id);
  const code = await conversationCode(id);
  const timList = JSON.stringify((await tim(ann, "/conversation/getConversationList", {})).body);
  const session = itemAt((await sessions(signed(ann))).session_info_list, 0);
  const log = (await logs(signed(ann), String(id))).chat_log_info_list.find(
    ({ sender }) => sender === ann.user.username,
  );
  const [own] = (await overAppkey(ann, -(100_000_000 + id))).filter((item) => item.id === ann.user.id);
  return {
    online: [...online, (await view(ann, code)).target_info.online],
    hasRead: [
      read.read_seq > 0,
      read.read_at > 0,
      !timList.includes('"peerReadTime":0'),
      log?.have_read,
      own?.isread === 1,
    ],
    profile: JSON.stringify([
      (await tim(ann, "/user/getUserProfile", { userIDList: [bob.user.username] })).body,
      (await info(bob.user.username, { headers: { Authorization: ann.token } })).body,
      session.session_info,
    ]),
  };
}

const HIDDEN = ["1990-01-01", "Berlin", '"de"', '"hi"', "Gender_Type_Male"];

test.each(["blocks", "is blocked by"])(
  "a user who %s the other is shown name and avatar only",
  async (direction) => {
    await openDevice(bob.token);
    await untilShownOnline(bob, true);
    const before = await shown();
    expect(before.online).toEqual([true, true, true, true, true, true]);
    expect(before.hasRead).toEqual([true, true, true, true, true]);
    for (const text of HIDDEN) expect(before.profile).toContain(text);
    const [blocker, blocked] = direction === "blocks" ? [ann, bob] : [bob, ann];
    await expectFriendCall("PUT blocks", blocker, blocked);
    const across = await shown();
    expect(across.online).toEqual([false, false, false, false, false, false]);
    expect(across.hasRead).toEqual([false, false, false, false, false]);
    for (const text of HIDDEN) expect(across.profile).not.toContain(text);
    expect(across.profile).toContain('"Bob"');
    await expectFriendCall("DELETE blocks", blocker, blocked);
    expect(await shown()).toEqual(before);
  },
);

test("across a block read positions reach no socket of the other user, and are right once it is lifted", async () => {
  await send(ann, id, "one more");
  await expectFriendCall("PUT blocks", bob, ann);
  const [room, device, own] = [
    await openRoom(id, ann.token),
    await openDevice(ann.token),
    await openDevice(bob.token),
  ];
  const read = (seq: number) => ask(bob, id, "PUT", "/read", { seq });
  await read(3);
  await untilFrame(own, { type: "read", conversation_id: id, user_id: bob.user.id, seq: 3 });
  await expectFriendCall("DELETE blocks", bob, ann);
  await send(ann, id, "and another");
  await read(4);
  for (const socket of [room, device]) {
    await untilFrame(socket, { type: "read", user_id: bob.user.id, seq: 4 });
    expect(socket.of("read").map(({ user_id, seq }) => [user_id, seq])).toEqual([[bob.user.id, 4]]);
  }
  const receipts = await ask(ann, id, "GET", "/receipts");
  expect(receipts.body).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining({ user_id: bob.user.id, read_seq: 4 })]),
  });
});

test("strangers, members of a shared group and a peer without an answer are shown offline; friends are not", async () => {
  const [stranger, member, friend, admirer] = await registerUsers(4);
  const group = await createGroup(bob, [member]);
  await befriend(bob, friend);
  const direct = await openForSelf(admirer, bob);
  await send(admirer, direct.id, "hello?");
  await openDevice(bob.token);
  await untilShownOnline(bob, true);
  const online = async (who: SignedIn, path = `/v1/users/${bob.user.id}`) => {
    const { body } = await call("GET", path, { token: who.token });
    return new RegExp(`"id":${bob.user.id},[^}]*"online":true`).test(JSON.stringify(body));
  };
  expect(await Promise.all([stranger, member, friend, admirer].map((who) => online(who)))).toEqual([
    ...[false, false, true, false],
  ]);
  expect(await online(member, `/v1/conversations/${group.id}/members`)).toBe(false);
  expect(await online(admirer, `/v1/conversations/${direct.id}`)).toBe(false);
  await send(bob, direct.id, "hello");
  await eventually(async () => expect(await online(admirer)).toBe(true));
});

test("who lifts one block keeps the others", async () => {
  const others = await registerUsers(2);
  const [cem, dee] = [itemAt(others, 0), itemAt(others, 1)];
  for (const { user } of others) await call("PUT", `/v1/blocks/${user.id}`, { token: ann.token });
  await call("DELETE", `/v1/blocks/${cem.user.id}`, { token: ann.token });
  const { body } = await call("GET", "/v1/blocks", { token: ann.token });
  expect(body).toMatchObject({ items: [{ id: dee.user.id }] });
});
