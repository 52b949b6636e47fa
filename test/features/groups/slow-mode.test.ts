import { beforeEach, describe, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { freshConversationId, putGroup } from "../../support/accounts/server-conversations.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { type Answer, call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  expectAsked,
  getConversation,
  listedConversation,
  page,
  send,
} from "../../support/clients/chat.ts";
import { framesAbout } from "../../support/clients/device-frames.ts";
import { pass, postScheduled, runScheduled, schedule } from "../../support/clients/scheduled.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { aside } from "../../support/clients/threads.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { createGroupOfKind } from "../../support/objects/core.ts";
import { createGroupId, textFrame } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let id: ConversationId;

const SLOW_S = 30;

/** A group of Ann's, with Bob and Cid as plain members. */
beforeEach(async () => {
  [ann, bob, cid] = await signedInUsers(3, 30 * 24 * 60 * 60);
  id = await createGroupId(ann, bob, cid);
  freezeClock();
});

const set = (who: SignedIn, seconds: number) => ask(who, id, "PATCH", "", { slow_mode_s: seconds });
const text = (content = "hi", clientMsgId?: string) => ({
  ...{ kind: "text", body: { text: content } },
  ...(clientMsgId !== undefined && { client_msg_id: clientMsgId }),
});
const post = (who: SignedIn, body: object = text()) => ask(who, id, "POST", "/messages", body);

function expectSlow(answer: Answer, seconds: number): void {
  expectProblem(answer, 429, "slow_mode");
  expect(answer.headers.get("Retry-After")).toBe(String(seconds));
}

/** Has the group sleep, ten seconds later: no cooldown of its fan-out keeps it awake. */
async function sleep(): Promise<void> {
  advanceClock(10_000);
  await evict(id);
}

async function slowGroup(): Promise<void> {
  await expectAsked(ann, id, "PATCH", "", { slow_mode_s: SLOW_S });
}

describe("the setting", () => {
  test("is off at first, and the owner and admins set it", async () => {
    expect(await getConversation(ann, id)).toMatchObject({ slow_mode_s: 0 });
    expectProblem(await set(bob, SLOW_S), 403, "forbidden");
    expect((await set(ann, SLOW_S)).body).toMatchObject({ slow_mode_s: SLOW_S });
    await expectAsked(ann, id, "PATCH", `/members/${bob.user.id}`, { role: "admin" });
    expect((await set(bob, 21_600)).body).toMatchObject({ slow_mode_s: 21_600 });
    for (const seconds of [-1, 1.5, 21_601]) expectProblem(await set(ann, seconds), 400, "validation_failed");
    expect(await listedConversation(cid, id)).toMatchObject({ slow_mode_s: 21_600 });
  });

  test("nobody sets it in a group where nobody may mute, though members change the profile", async () => {
    id = await createGroupOfKind("private", ann, [bob], "closed");
    for (const who of [ann, bob]) {
      expect((await ask(who, id, "PATCH", "", { introduction: who.user.username })).status).toBe(200);
      expectProblem(await set(who, SLOW_S), 403, "forbidden");
    }
  });

  test("members are told by a frame and by a system message", async () => {
    const device = await openDevice(cid.token);
    await slowGroup();
    await device.until(() =>
      framesAbout(device, id).some(
        ({ type, conversation }) => type === "conversation" && Object(conversation).slow_mode_s === SLOW_S,
      ),
    );
    const { items } = await page(cid, id);
    expect(items.at(-1)).toMatchObject({
      ...{ kind: "tip", body: { event: "profile", changed: ["slow_mode_s"] } },
    });
  });

  test("a team's backend sets it, of a new group too", async () => {
    const { text: key } = await makeServerKey(["conversations"]);
    const ref = freshConversationId();
    const group = { owner: ann.user.id, members: [bob.user.id], slow_mode_s: 60 };
    const made = await putGroup(key, ref, group);
    expect(made).toMatchObject({ slow_mode_s: 60 });
    id = made.id;
    expect((await post(bob)).status).toBe(201);
    expectSlow(await post(bob), 60);
    expect(await putGroup(key, ref, { slow_mode_s: 0 }, 200)).toMatchObject({ slow_mode_s: 0 });
    expect((await post(bob)).status).toBe(201);
  });
});

describe("while it is on", () => {
  test("a plain member waits between two messages, by the second; owner and admins do not", async () => {
    await slowGroup();
    await expectAsked(ann, id, "PATCH", `/members/${cid.user.id}`, { role: "admin" });
    for (const who of [ann, ann, cid, cid, bob]) expect((await post(who)).status).toBe(201);
    expectSlow(await post(bob), SLOW_S);
    advanceClock(SLOW_S * 1_000 - 1);
    expectSlow(await post(bob), 1);
    advanceClock(1);
    expect((await post(bob)).status).toBe(201);
    expectSlow(await post(bob), SLOW_S);
  });

  test("counts what was sent before it was set, and holds for a longer pause at once", async () => {
    await send(bob, id, "before");
    advanceClock(10_000);
    await slowGroup();
    expectSlow(await post(bob), SLOW_S - 10);
    expect((await post(cid)).status).toBe(201);
    advanceClock(SLOW_S * 1_000);
    await expectAsked(ann, id, "PATCH", "", { slow_mode_s: 3_600 });
    expectSlow(await post(bob), 3_600 - SLOW_S - 10);
    await expectAsked(ann, id, "PATCH", "", { slow_mode_s: 0 });
    expect((await post(bob)).status).toBe(201);
  });

  test("an object that has slept knows how long each member has to wait", async () => {
    await slowGroup();
    await send(bob, id, "first");
    await send(ann, id, "of the owner");
    await sleep();
    expectSlow(await post(bob), SLOW_S - 10);
    expect((await post(cid)).status).toBe(201);
  });

  test("a repeat is answered with the stored message", async () => {
    await slowGroup();
    const first = await post(bob, text("once", "m1"));
    expect(first.status).toBe(201);
    const repeat = await post(bob, text("once", "m1"));
    expect(repeat.status).toBe(200);
    expect(repeat.body).toEqual(first.body);
    expectSlow(await post(bob, text("twice", "m2")), SLOW_S);
  });

  test("edits, reactions and reads pass, and count for nothing", async () => {
    await slowGroup();
    const { seq } = await send(bob, id, "first");
    const change = { body: { text: "second" }, base_version: 1 };
    await expectAsked(bob, id, "PATCH", `/messages/${seq}`, change);
    await expectAsked(bob, id, "PUT", `/messages/${seq}/reactions/${encodeURIComponent("👍")}`);
    await expectAsked(bob, id, "PUT", "/read", { seq });
    advanceClock(SLOW_S * 1_000);
    expect((await post(bob)).status).toBe(201);
  });

  test("a revoked message still counts", async () => {
    await slowGroup();
    const { seq } = await send(bob, id, "first");
    await expectAsked(bob, id, "DELETE", `/messages/${seq}?for=everyone`);
    expectSlow(await post(bob), SLOW_S);
  });

  test("silent messages of a backend neither wait nor count, its other sends do", async () => {
    await slowGroup();
    const { text: key } = await makeServerKey(["messages"]);
    const as = (fields: object) =>
      call("POST", `/v1/server/conversations/${id}/messages`, {
        ...{ token: key, body: { as: bob.user.id, ...text(), ...fields } },
      });
    expect((await as({ silent: true })).status).toBe(201);
    await sleep();
    expect((await as({})).status).toBe(201);
    expect((await as({ silent: true })).status).toBe(201);
    expectSlow(await as({}), SLOW_S);
  });
});

describe("over every door", () => {
  test("a room socket and a device socket: one of a batch is stored, the others are refused", async () => {
    await slowGroup();
    const room = await openRoom(id, bob.token);
    for (const i of [1, 2]) room.send(textFrame(`r${i}`, `r${i}`));
    await room.until(() => room.frames.some((frame) => frame.client_msg_id === "r2"));
    const ack = room.frames.find((frame) => frame.client_msg_id === "r1");
    expect(ack).toMatchObject({ type: "ack" });
    expect(room.frames.find((frame) => frame.client_msg_id === "r2")).toMatchObject({
      ...{ type: "error", code: "slow_mode", retry_after: SLOW_S },
    });
    const device = await openDevice(cid.token);
    for (const i of [1, 2, 3]) device.send({ ...textFrame(`d${i}`, `d${i}`), conversation_id: id });
    await device.until(() => device.frames.some((frame) => frame.client_msg_id === "d3"));
    const codes = ["d2", "d3"].map(
      (name) => device.frames.find((frame) => frame.client_msg_id === name)?.code,
    );
    expect(codes).toEqual(["slow_mode", "slow_mode"]);
    const { items } = await page(ann, id);
    expect(items.filter(({ kind }) => kind !== "tip").length).toBe(2);
  });

  test("forwards and replies in threads", async () => {
    const { seq } = await send(ann, id, "root");
    await slowGroup();
    await send(bob, id, aside(seq));
    expectSlow(await post(bob, aside(seq)), SLOW_S);
    expectSlow(await post(bob, { forward: { conversation_id: id, seq } }), SLOW_S);
    await expectAsked(cid, id, "POST", "/messages", { forward: { conversation_id: id, seq } });
    expectSlow(await post(cid, aside(seq)), SLOW_S);
  });

  test("a scheduled message that comes due in the pause fails as for a mute", async () => {
    await slowGroup();
    const scheduled = await schedule(bob, id, { ...text("later"), send_at: Date.now() + 60_000 });
    await pass(bob, 50_000);
    await send(bob, id, "just before");
    await pass(bob, 10_000);
    await runScheduled(bob);
    const answer = await call("GET", `/v1/scheduled/${scheduled.id}`, { token: bob.token });
    expect(answer.body).toMatchObject({ failed: "slow_mode" });
    expect((await postScheduled(cid, id, { ...text(), send_at: Date.now() + 60_000 })).status).toBe(202);
  });

  test.each(DRIVERS.flatMap(({ name, send: sends }) => (sends ? [[name, sends] as const] : [])))(
    "%s",
    async (_, sends) => {
      await slowGroup();
      await sends(bob, id, "first");
      await expect(sends(bob, id, "second")).rejects.toThrow();
      advanceClock(SLOW_S * 1_000);
      await sends(bob, id, "third");
      const { items } = await page(ann, id);
      const texts = items.filter(({ kind }) => kind === "text").map(({ body }) => Object(body).text);
      expect(texts).toEqual(["first", "third"]);
    },
  );
});
