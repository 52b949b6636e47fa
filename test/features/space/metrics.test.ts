import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { ServerMetrics } from "../../../src/surfaces/v1/server/metrics.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, expectProblem, register } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { DAY, schedule } from "../../support/clients/scheduled.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { intercept } from "../../support/faults/calls.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { conversationObject, inboxObject, range, textFrame } from "../../support/objects/room.ts";
import { overrideTiming } from "../../support/timing.ts";
import { giveRole } from "../moderation/staff.ts";
import { counted, get, metrics, parse } from "./read-metrics.ts";

/** Enough that what objects of earlier tests still do is not taken for them. */
const MESSAGES = 20;

async function group() {
  const [ann, bob] = [await register(), await register()];
  return { ann, bob, id: ConversationId.parse((await createGroup(ann, [bob])).id) };
}

test("a send over HTTP is counted by its API and its outcome, and measured", async () => {
  const { ann, id } = await group();
  const eve = await register();
  const of = (result: string) => counted("sends", { surface: "v1", result });
  const before = { stored: await of("stored"), refused: await of("not_found") };
  await send(ann, id, "one");
  await send(ann, id, "two");
  await expect(send(eve, id, "three")).rejects.toThrow();
  expect(await of("stored")).toBeGreaterThanOrEqual(before.stored + 2);
  expect(await of("not_found")).toBeGreaterThan(before.refused);
  const { events } = await metrics();
  const measured = events.durations.find(({ name, labels }) => name === "send" && labels.surface === "v1");
  expect(measured?.count).toBeGreaterThanOrEqual(3);
  expect(measured?.p50_ms ?? -1).toBeGreaterThanOrEqual(0);
  expect(measured?.p99_ms ?? -1).toBeGreaterThanOrEqual(measured?.p50_ms ?? 0);
  expect(events.kept_by).toBe("isolate");
  expect(events.since).toBeGreaterThan(0);
});

test("refused requests are counted by API and code", async () => {
  const of = (code: string) => counted("refusals", { surface: "v1", code });
  const before = { path: await of("no_such_path"), token: await of("unauthenticated") };
  await call("GET", "/v1/nothing");
  await call("GET", "/v1/me");
  expect(await of("no_such_path")).toBeGreaterThan(before.path);
  expect(await of("unauthenticated")).toBeGreaterThan(before.token);
});

test("OpenMetrics has the same numbers", async () => {
  const { ann, id } = await group();
  await send(ann, id, "one");
  const samples = parse(await (await get()).text());
  const stored = samples.get('parley_sends_total{surface="v1",result="stored"}') ?? 0;
  expect(stored).toBeGreaterThan(0);
  expect(await counted("sends", { surface: "v1", result: "stored" })).toBeGreaterThanOrEqual(stored);
  const all = samples.get('parley_send_duration_seconds_count{surface="v1"}');
  expect(all).toBeGreaterThanOrEqual(stored);
  expect(samples.get('parley_send_duration_seconds_bucket{surface="v1",le="+Inf"}')).toBe(all);
});

test("sends of room sockets are counted, and messages handed to other room sockets", async () => {
  const { ann, bob, id } = await group();
  const opened = await counted("sockets_opened", { socket: "room" });
  const stored = await counted("sends", { surface: "v1_room", result: "stored" });
  const repeated = await counted("sends", { surface: "v1_room", result: "repeated" });
  const delivered = await counted("deliveries", { socket: "room" });
  const [his, hers] = [await openRoom(id, bob.token), await openRoom(id, ann.token)];
  expect(await counted("sockets_opened", { socket: "room" })).toBeGreaterThanOrEqual(opened + 2);
  for (const i of [...range(1, MESSAGES), 1]) {
    hers.send(textFrame("one", `room-${i}`));
    await hers.next("ack");
  }
  for (let i = 0; i < MESSAGES; i++) await his.next("message");
  expect(await counted("sends", { surface: "v1_room", result: "stored" })).toBeGreaterThanOrEqual(
    stored + MESSAGES,
  );
  expect(await counted("sends", { surface: "v1_room", result: "repeated" })).toBeGreaterThan(repeated);
  const deliveries = (await counted("deliveries", { socket: "room" })) - delivered;
  expect(deliveries).toBeGreaterThanOrEqual(MESSAGES);
  // Her own socket has acks instead.
  expect(deliveries).toBeLessThan(2 * MESSAGES);
});

test("sends of device sockets are counted, and messages handed to the devices of others", async () => {
  const { ann, bob, id } = await group();
  const stored = await counted("sends", { surface: "v1_device", result: "stored" });
  const refused = await counted("sends", { surface: "v1_device", result: "not_found" });
  const frames = await counted("refusals", { surface: "v1_device", code: "not_found" });
  const delivered = await counted("deliveries", { socket: "device" });
  const [his, hers] = [await openDevice(bob.token), await openDevice(ann.token)];
  for (const socket of [his, hers]) await socket.untilProcessed(id);
  for (const i of range(1, MESSAGES)) {
    hers.send({ ...textFrame("one", `device-${i}`), conversation_id: id });
    await hers.next("ack");
  }
  for (let i = 0; i < MESSAGES; i++) await his.next("message");
  hers.send({ ...textFrame("one", "to nobody"), conversation_id: 1_000_000_007 });
  await hers.until((socket) => socket.of("error").some((one) => one.client_msg_id === "to nobody"));
  expect(await counted("sends", { surface: "v1_device", result: "stored" })).toBeGreaterThanOrEqual(
    stored + MESSAGES,
  );
  expect(await counted("sends", { surface: "v1_device", result: "not_found" })).toBeGreaterThan(refused);
  expect(await counted("refusals", { surface: "v1_device", code: "not_found" })).toBeGreaterThan(frames);
  const deliveries = (await counted("deliveries", { socket: "device" })) - delivered;
  expect(deliveries).toBeGreaterThanOrEqual(MESSAGES);
  // Her own device has acks instead.
  expect(deliveries).toBeLessThan(2 * MESSAGES);
  const { durations } = (await metrics()).events;
  expect(durations.find(({ name }) => name === "delivery")?.count).toBeGreaterThan(0);
});

test("closed sockets are counted", async () => {
  const { ann } = await group();
  const closed = () => counted("sockets_closed", { socket: "device" });
  const before = await closed();
  const socket = await openDevice(ann.token);
  socket.close();
  await expect.poll(closed).toBeGreaterThan(before);
});

test("calls of hooks are counted by what the hook says", async () => {
  const { ann, id } = await group();
  const { text: token } = await makeServerKey(["hooks"]);
  const of = (result: string) => counted("hook_calls", { kind: "event", result });
  const [taken, refused] = [await of("taken"), await of("refused")];
  const hook = await HookReceiver.start(token, { events: ["message.created"], conversations: [id] });
  await hook.answer(500);
  await send(ann, id, "one");
  await hook.until(1);
  await expect.poll(() => of("taken")).toBeGreaterThan(taken);
  expect(await of("refused")).toBeGreaterThan(refused);
  await call("DELETE", `/v1/server/hooks/${hook.id}`, { token });
});

test("an inbox that does not take an update is counted", async () => {
  const { ann, bob, id } = await group();
  const of = () => counted("inbox_failures", { call: "update" });
  const before = await of();
  using _ = intercept(({ method, id: user, work }) => {
    if (method === "applyUpdate" && user === bob.user.id) throw new Error("on purpose");
    return work();
  });
  await send(ann, id, "one");
  await expect.poll(of).toBeGreaterThan(before);
});

test("staff of each role reads the same as JSON, and nobody else", async () => {
  const { text: key } = await makeServerKey(["users", "moderate"]);
  const { ann, bob, id } = await group();
  await send(ann, id, "one");
  for (const role of ["auditor", "moderator", "admin"]) {
    await giveRole(key, ann, role);
    const { status, body } = await call("GET", "/v1/moderation/metrics", { token: ann.token });
    expect(status).toBe(200);
    const { events, database_bytes: bytes } = ServerMetrics.parse(body);
    expect(bytes).toBeGreaterThan(0);
    expect(events.counters.some(({ name }) => name === "sends")).toBe(true);
  }
  expectProblem(await call("GET", "/v1/moderation/metrics", { token: bob.token }), 403, "forbidden");
});

const TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

test("large objects report themselves, and a small one is forgotten", async () => {
  const { ann, id } = await group();
  overrideTiming({ storage: { largeBytes: 1, lookMs: 0 } });
  await send(ann, id, "one");
  await schedule(ann, id, "later");
  await runDurableObjectAlarm(conversationObject(id));
  await runDurableObjectAlarm(inboxObject(ann.user.id));
  const { database_bytes: database, objects, hooks } = await metrics();
  expect(database).toBeGreaterThan(0);
  expect(hooks).toEqual({ active: 0, disabled: 0, gone: 0 });
  expect(objects).toEqual(
    expect.arrayContaining([
      { kind: "conversation", id, bytes: expect.any(Number), archives: [], reported_at: expect.any(Number) },
      {
        kind: "inbox",
        id: ann.user.id,
        bytes: expect.any(Number),
        archives: [],
        reported_at: expect.any(Number),
      },
    ]),
  );
  expect(objects.map(({ bytes }) => bytes)).toEqual(objects.map(({ bytes }) => bytes).sort((a, b) => b - a));

  overrideTiming({ storage: { largeBytes: 1e9 } });
  advanceClock(DAY);
  await runDurableObjectAlarm(conversationObject(id));
  expect((await metrics()).objects.map(({ kind }) => kind)).not.toContain("conversation");
});

test("what has not reported itself for two days is not shown", async () => {
  const { ann, id } = await group();
  overrideTiming({ storage: { largeBytes: 1, lookMs: 0 } });
  await send(ann, id, "one");
  await runDurableObjectAlarm(conversationObject(id));
  const isShown = async () => (await metrics()).objects.some((one) => one.id === id);
  expect(await isShown()).toBe(true);
  advanceClock(2 * DAY + 1);
  expect(await isShown()).toBe(false);
});

test.each([undefined, "text/plain", "*/*", "application/openmetrics-text; version=1.0.0"])(
  "who accepts %s gets valid OpenMetrics",
  async (accept) => {
    const { ann, id } = await group();
    overrideTiming({ storage: { largeBytes: 1, lookMs: 0 } });
    await send(ann, id, "one");
    await runDurableObjectAlarm(conversationObject(id));
    const answer = await get(accept);
    expect(answer.headers.get("Content-Type")).toBe(TYPE);
    const samples = parse(await answer.text());
    const { objects, hooks } = await metrics();
    expect(samples.get("parley_database_bytes")).toBeGreaterThan(0);
    for (const { kind, id: object, bytes } of objects)
      expect(samples.get(`parley_object_bytes{kind="${kind}",id="${object}"}`)).toBe(bytes);
    expect(samples.get('parley_hooks{state="active"}')).toBe(hooks.active);
    const gauges = [...samples.keys()].filter((name) => /^parley_(database|object|hooks)/.test(name));
    expect(gauges.length).toBe(1 + objects.length + Object.keys(hooks).length);
  },
);
