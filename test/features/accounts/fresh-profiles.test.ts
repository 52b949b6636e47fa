import { beforeEach, describe, expect, test } from "vitest";
import { befriend } from "../../support/accounts/friends.ts";
import { changeProfile, senderSeenBy } from "../../support/accounts/profiles.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { list, openDirect, send } from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { freezeClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { Costs } from "../../support/objects/costs.ts";
import { createGroupId, itemAt, postText, range } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { overrideTiming } from "../../support/timing.ts";
import { list as overAppkey } from "../../surfaces/appkey/client.ts";
import { query as overFormpost } from "../../surfaces/formpost/client.ts";
import { success, tim } from "../../surfaces/tim/client.ts";
import { signed, usersig } from "../../surfaces/usersig/client.ts";
import { connect, shownOnce } from "../../surfaces/usersig/socket.ts";

const AVATAR = "https://avatars.example/new.png";

let ann: SignedIn;
let bob: SignedIn;

beforeEach(async () => {
  const two = await signedInUsers(2);
  [ann, bob] = [itemAt(two, 0), itemAt(two, 1)];
});

describe("once a change is answered, messages show it", () => {
  test("over v1 to everybody, after each of several changes in a row", async () => {
    const id = await createGroupId(bob, ann);
    await postText(id, bob, "hello");
    for (const nickname of ["Robert", "Rob"]) {
      await changeProfile(bob, { nickname });
      for (const who of [ann, bob]) expect(await senderSeenBy(who, id)).toMatchObject({ nickname });
    }
    await changeProfile(bob, { avatar: AVATAR });
    expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "Rob", avatar: AVATAR });
  });

  test("over formpost and appkey", async () => {
    await befriend(ann, bob);
    const { id } = await openDirect(ann, bob);
    await send(bob, id, "hello");
    expect(await overFormpost(ann, id)).toMatchObject([{ sender_avatar: "" }]);
    await changeProfile(bob, { nickname: "Rob", avatar: AVATAR });
    expect(await overFormpost(ann, id)).toMatchObject([{ sender_avatar: AVATAR }]);
    expect(await overAppkey(ann, -(100_000_000 + id))).toMatchObject([{ nickname: "Rob", avatar: AVATAR }]);
  });

  test("where the conversation was asleep, and the change came over tim", async () => {
    const id = await createGroupId(bob, ann);
    await postText(id, bob, "hello");
    await evict(id);
    success(await tim(bob, "/user/updateMyProfile", { nick: "Rob" }));
    expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "Rob" });
  });

  test("after a change over usersig", async () => {
    const id = await createGroupId(bob, ann);
    await postText(id, bob, "hello");
    const { sig, name } = signed(bob);
    const body = { user_id: name, nickname: "Rob", avatar: AVATAR };
    const answer = await usersig("POST", "/chat/change-chat-user-info/", { sig, body });
    expect(answer.body).toMatchObject({ code: 200 });
    expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "Rob", avatar: AVATAR });
  });

  test("also of a member who left", async () => {
    const id = await createGroupId(ann, bob);
    await postText(id, bob, "hello");
    expect((await call("POST", `/v1/conversations/${id}/leave`, { token: bob.token })).status).toBe(204);
    await changeProfile(bob, { nickname: "Rob" });
    expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "Rob" });
  });

  test("live, in the context of usersig's frames too", async () => {
    const { id } = await openDirect(ann, bob);
    const [socket, device, room] = [
      await connect(signed(ann)),
      await openDevice(ann.token),
      await openRoom(id, ann.token),
    ];
    await send(bob, id, "before");
    await shownOnce(socket, 1);
    await changeProfile(bob, { nickname: "Rob" });
    for (const one of [device, room]) await one.next("profile");
    await send(bob, id, "after");
    const [, after] = await shownOnce(socket, 2);
    expect(after).toMatchObject({ session: { session_info: { nickname: "Rob" } } });
    for (const one of [device, room]) {
      await one.until(({ messages }) => messages.length === 2);
      expect(one.messages[1]).toMatchObject({ sender: { nickname: "Rob" } });
    }
  });
});

test("the conversations beyond the most recent ones follow within seconds", async () => {
  const ids = [];
  for (const _ of range(1, 60)) ids.push(await createGroupId(bob, ann));
  for (const id of ids) await postText(id, bob, "hello");
  // Bob's list knows of the activity: it says which conversations are the most recent ones.
  await eventually(async () => {
    const { items } = await list(bob, "?limit=100");
    expect(items.filter(({ last_seq }) => last_seq === 1)).toHaveLength(60);
  });
  await changeProfile(bob, { nickname: "Rob" });
  // The latest are fresh at once.
  expect(await senderSeenBy(ann, itemAt(ids, 59))).toMatchObject({ nickname: "Rob" });
  for (const id of ids)
    await eventually(async () => expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "Rob" }));
});

test("a round of many conversations goes on over several alarms", async () => {
  overrideTiming({ jobs: { maxCalls: 3 } });
  const ids = [];
  for (const _ of range(1, 10)) ids.push(await createGroupId(bob, ann));
  for (const id of ids) await postText(id, bob, "hello");
  await changeProfile(bob, { nickname: "Rob" });
  for (const id of ids)
    await eventually(async () => expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "Rob" }));
});

test("a loop of changes calls a conversation and tells devices a few times, and of the last one always", async () => {
  overrideTiming({ profileAnnouncement: { answersPerMinute: 3 } });
  const id = await createGroupId(bob, ann);
  await postText(id, bob, "hello");
  const device = await openDevice(ann.token);
  using costs = new Costs();
  for (const n of range(1, 40)) await changeProfile(bob, { nickname: `Bob ${n}` });
  await device.until(() => JSON.stringify(device.of("profile").at(-1)).includes('"Bob 40"'));
  expect(device.of("profile").length).toBeLessThan(30);
  await eventually(async () => expect(await senderSeenBy(ann, id)).toMatchObject({ nickname: "Bob 40" }));
  // Three for answers, and rounds: one in 4 s.
  expect(costs.byMethod.get("takeProfile")).toBeLessThan(30);
});

test("a change of other fields, or to the same name, calls no conversation", async () => {
  const id = await createGroupId(bob, ann);
  await changeProfile(bob, { nickname: "Rob" });
  using costs = new Costs();
  await changeProfile(bob, { nickname: "Rob", avatar: "", signature: "hi" });
  expect(costs.callsTo([id, bob.user.id])).toBe(0);
});

test("sends after a change wait for no query of D1, and make none", async () => {
  freezeClock();
  // The round through all conversations, which reads D1, comes later.
  overrideTiming({ profileAnnouncement: { roundDelayMs: 3_600_000 } });
  const id = await createGroupId(bob, ann);
  const room = await openRoom(id, bob.token);
  await postText(id, bob, "hello");
  await room.until(({ messages }) => messages.length === 1);
  await changeProfile(bob, { nickname: "Rob" });
  const asked: string[] = [];
  using _ = interceptD1((query, work, values) => {
    // The rounds of other tests may be under way.
    const isOurs = [ann.user.id, bob.user.id].some((one) => JSON.stringify(values).includes(String(one)));
    if (isOurs) asked.push(query);
    return work();
  });
  for (const n of range(1, 20))
    room.send({ type: "send", kind: "text", client_msg_id: String(n), body: { text: String(n) } });
  await room.until(({ acks }) => acks.length === 20);
  expect(asked).toEqual([]);
});
