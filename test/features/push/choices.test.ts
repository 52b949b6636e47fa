import { beforeAll, beforeEach, expect, test } from "vitest";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, openDirect, send } from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { inboxObject, range, signInAgain } from "../../support/objects/room.ts";
import { push, pushJobs } from "../../support/push/jobs.ts";
import { PushReceiver } from "../../support/push/receiver.ts";
import { setTiming } from "../../support/timing.ts";
import { Scene } from "../spaces/scene.ts";

let ann: SignedIn;
let ben: SignedIn;
let group = 0;

beforeAll(() => setTiming({ push: { graceMs: 60_000, changeMs: 60_000 }, fanout: { cooldownMs: 1 } }));

beforeEach(async () => {
  [ann, ben] = await registerUsers(2);
  group = (await createGroup(ann, [ben])).id;
});

const put = async (path: string, body: object) => {
  const answer = await call("PUT", path, { token: ben.token, body });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
};
const mentioning = (text: string) => ({ kind: "text", body: { text }, mentions: [ben.user.id] });

test("a mention is pushed at once, and is urgent", async () => {
  const laptop = await PushReceiver.of(ben);
  const { seq } = await send(ann, group, mentioning("@ben look"));
  const [pushed] = await laptop.until(1);
  expect(pushed).toMatchObject({ kind: "mention", seq, headers: { urgency: "high" } });
});

test("the level of a conversation says what is pushed", async () => {
  const laptop = await PushReceiver.of(ben);
  await put(`/v1/conversations/${group}/push-level`, { level: "mentions" });
  await send(ann, group, "for all");
  await push(ben);
  const { seq } = await send(ann, group, mentioning("for ben"));
  await push(ben);
  await put(`/v1/conversations/${group}/push-level`, { level: "nothing" });
  await send(ann, group, mentioning("for nobody"));
  await push(ben);
  const settings = await call("GET", "/v1/push", { token: ben.token });
  expect(settings.body).toMatchObject({ levels: [{ conversation_id: group, level: "nothing" }] });
  await put(`/v1/conversations/${group}/push-level`, { level: "all" });
  const last = await send(ann, group, "for all again");
  await push(ben);
  expect(await laptop.kinds()).toEqual([`mention ${seq}`, `message ${last.seq}`]);
});

test("a muted conversation is pushed nothing, mentions neither", async () => {
  const laptop = await PushReceiver.of(ben);
  await put(`/v1/conversations/${group}/preferences`, { silent: true });
  await send(ann, group, "hush");
  await push(ben);
  await send(ann, group, mentioning("hush"));
  await push(ben);
  await put(`/v1/conversations/${group}/preferences`, { silent: false });
  const { seq } = await send(ann, group, "loud");
  await push(ben);
  expect(await laptop.kinds()).toEqual([`message ${seq}`]);
});

test("the channels of a muted space are pushed nothing", async () => {
  const scene = await Scene.make();
  const { id, general } = scene;
  ({ ann, bob: ben } = scene);
  const laptop = await PushReceiver.of(ben);
  await put(`/v1/spaces/${id}/preferences`, { muted_until: -1 });
  await send(ann, general, "hush");
  await push(ben);
  await send(ann, general, mentioning("hush"));
  await push(ben);
  await put(`/v1/spaces/${id}/preferences`, { muted_until: 0 });
  const { seq } = await send(ann, general, "loud");
  await push(ben);
  expect(await laptop.kinds()).toEqual([`message ${seq}`]);
});

test("nothing is pushed in the quiet hours, by the clock of the user", async () => {
  const laptop = await PushReceiver.of(ben);
  const at = (ms: number) => new Date(Date.now() + ms).toISOString().slice(11, 16);
  const [hourAgo, hourAhead] = [at(-3_600_000), at(3_600_000)];
  await put("/v1/me/quiet-hours", { from: hourAgo, to: hourAhead, time_zone: "Etc/UTC" });
  await send(ann, group, "at night");
  await push(ben);
  // The same hours are over twelve hours to the east.
  await put("/v1/me/quiet-hours", { from: hourAgo, to: hourAhead, time_zone: "Etc/GMT-12" });
  const { seq } = await send(ann, group, "by day");
  await push(ben);
  expect(await laptop.kinds()).toEqual([`message ${seq}`]);
  const settings = { quiet_hours: { from: hourAgo, to: hourAhead, time_zone: "Etc/GMT-12" } };
  expect((await call("GET", "/v1/push", { token: ben.token })).body).toMatchObject(settings);
  await call("DELETE", "/v1/me/quiet-hours", { token: ben.token });
  expect((await call("GET", "/v1/push", { token: ben.token })).body).toMatchObject({ quiet_hours: null });
});

test("who has the conversation on screen is pushed nothing, over a room socket or by focus", async () => {
  const laptop = await PushReceiver.of(ben);
  const room = await openRoom(group, ben.token);
  await send(ann, group, "on screen");
  await push(ben);
  room.close();
  const device = await openDevice(ben.token);
  device.send({ type: "focus", conversation_id: group });
  await device.until(({ frames }) => frames.some(({ type }) => type === "focused"));
  await send(ann, group, "focused");
  await push(ben);
  device.close();
  await expect.poll(() => pushJobs(ben)).toBe(0);
  expect(await laptop.kinds()).toEqual([]);
});

test("a device shows as much as its user wants, in their language", async () => {
  const full = await PushReceiver.of(ben, { language: "zh-Hans" });
  const sender = await PushReceiver.of(ben, { content: "sender" });
  const none = await PushReceiver.of(ben, { content: "none" });
  const { id } = await openDirect(ann, ben);
  const image = { kind: "image", body: { url: "https://pictures.example/cat.png" } };
  await send(ann, id, image);
  await push(ben);
  const name = ann.user.nickname || ann.user.username;
  expect(await full.all()).toMatchObject([{ title: name, text: "[图片]" }]);
  expect(await sender.all()).toMatchObject([{ title: name, text: "New message" }]);
  expect(await none.all()).toMatchObject([{ title: "New message", text: "" }]);
});

test.each([
  ["a spoiler", "The **end**: ||they\nlive||", "The end: ▒▒▒"],
  ["a link", "Read [the plan](https://a.example/plan)", "Read the plan"],
  ["a block of code", "```js\na\n```", "a"],
  ["escaped signs", "2\\*3", "2*3"],
])("a push shows what a list shows of %s", async (_, said, shown) => {
  const laptop = await PushReceiver.of(ben);
  await send(ann, group, mentioning(said));
  const [pushed] = await laptop.until(1);
  const name = ann.user.nickname || ann.user.username;
  expect(pushed).toMatchObject({ text: `${name}: ${shown}` });
});

test("a device ends with its session, and by DELETE", async () => {
  const again = await signInAgain(ben);
  const laptop = await PushReceiver.of(ben);
  const phone = await PushReceiver.of(again);
  const { seq } = await send(ann, group, "both");
  await push(ben);
  await call("POST", "/v1/logout", { token: again.token });
  const next = await send(ann, group, "the laptop alone");
  await push(ben);
  expect(await phone.kinds()).toEqual([`message ${seq}`]);
  expect(await laptop.kinds()).toEqual([`message ${seq}`, `message ${next.seq}`]);
  const id = laptop.endpoint.slice(-36);
  expect((await call("DELETE", `/v1/push/${id}`, { token: ben.token })).status).toBe(204);
  expect((await call("DELETE", `/v1/push/${id}`, { token: ben.token })).status).toBe(204);
  await send(ann, group, "nobody");
  await expect.poll(() => pushJobs(ben)).toBe(0);
  expect(await laptop.all()).toHaveLength(2);
});

test("an endpoint that is none of a push service is refused, and so is an eleventh device", async () => {
  const start = await PushReceiver.start();
  const at = (endpoint: string) =>
    call("PUT", "/v1/push/laptop", { token: ben.token, body: { ...start.subscription, endpoint } });
  for (const endpoint of [
    "https://evil.example/push",
    "https://10.0.0.1/push",
    "https://fcm.googleapis.com.evil.example/x",
  ])
    expectProblem(await at(endpoint), 400, "validation_failed");
  for (const endpoint of [
    "https://fcm.googleapis.com/fcm/send/x",
    "https://updates.push.services.mozilla.com/wpush/v2/x",
    "https://web.push.apple.com/x",
    "https://wns2-par02p.notify.windows.com/w/?token=x",
  ])
    expect((await at(endpoint)).status).toBe(200);
  const fcm = await call("PUT", "/v1/push/app", { token: ben.token, body: { kind: "fcm", token: "x" } });
  expectProblem(fcm, 400, "validation_failed");
  for (const n of range(1, 9)) {
    const expo = { kind: "expo", token: `ExponentPushToken[${n}]` };
    expect((await call("PUT", `/v1/push/app-${n}`, { token: ben.token, body: expo })).status).toBe(200);
  }
  const token = "ExponentPushToken[10]";
  expectProblem(
    await call("PUT", "/v1/push/app-10", { token: ben.token, body: { kind: "expo", token } }),
    409,
    "conflict",
  );
  // The same installation under another id replaces the one that it was.
  const moved = { kind: "expo", token: "ExponentPushToken[9]" };
  expect((await call("PUT", "/v1/push/app-9b", { token: ben.token, body: moved })).status).toBe(200);
  const shown = JSON.stringify((await call("GET", "/v1/push", { token: ben.token })).body);
  expect(shown).toContain("app-9b");
  expect(shown).not.toContain('"app-9"');
  expect(shown).not.toMatch(/Exponent|https/);
});

test("no backup and no export of a user has an endpoint, a key or a token", async () => {
  const laptop = await PushReceiver.of(ben);
  await put(`/v1/conversations/${group}/push-level`, { level: "mentions" });
  await send(ann, group, mentioning("for ben"));
  await push(ben);
  const tables = JSON.stringify(await inboxObject(ben.user.id).copyTables({ place: null }));
  expect(tables).toContain("push_levels");
  expect(tables).not.toContain("push_devices");
  const exported = await call("GET", "/v1/me/export", { token: ben.token });
  for (const text of [tables, JSON.stringify(exported.body)]) {
    expect(text).not.toContain(laptop.endpoint.slice(-36));
    expect(text).not.toContain(laptop.subscription.keys.auth);
  }
});
