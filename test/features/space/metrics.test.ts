import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { register } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { DAY, schedule } from "../../support/clients/scheduled.ts";
import { advanceClock } from "../../support/clock.ts";
import { conversationObject, inboxObject } from "../../support/objects/room.ts";
import { overrideTiming } from "../../support/timing.ts";
import { get, metrics, parse } from "./read-metrics.ts";

const TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

test("large objects report themselves, and a small one is forgotten", async () => {
  const [ann, bob] = [await register(), await register()];
  const id = ConversationId.parse((await createGroup(ann, [bob])).id);
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
      { kind: "conversation", id, bytes: expect.any(Number), reported_at: expect.any(Number) },
      { kind: "inbox", id: ann.user.id, bytes: expect.any(Number), reported_at: expect.any(Number) },
    ]),
  );
  expect(objects.map(({ bytes }) => bytes)).toEqual(objects.map(({ bytes }) => bytes).sort((a, b) => b - a));

  overrideTiming({ storage: { largeBytes: 1e9 } });
  advanceClock(DAY);
  await runDurableObjectAlarm(conversationObject(id));
  expect((await metrics()).objects.map(({ kind }) => kind)).not.toContain("conversation");
});

test("what has not reported itself for two days is not shown", async () => {
  const [ann, bob] = [await register(), await register()];
  const id = ConversationId.parse((await createGroup(ann, [bob])).id);
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
    const [ann, bob] = [await register(), await register()];
    const id = ConversationId.parse((await createGroup(ann, [bob])).id);
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
