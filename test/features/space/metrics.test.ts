import { runDurableObjectAlarm, SELF } from "cloudflare:test";
import { expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { ServerMetrics } from "../../../src/surfaces/v1/schemas/server/metrics.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { register } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { DAY, schedule } from "../../support/clients/scheduled.ts";
import { advanceClock } from "../../support/clock.ts";
import { conversationObject, inboxObject } from "../../support/objects/room.ts";
import { overrideTiming } from "../../support/timing.ts";

const TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

async function get(accept?: string): Promise<Response> {
  const { text } = await makeServerKey(["metrics"]);
  const headers = { Authorization: `Bearer ${text}`, ...(accept !== undefined && { Accept: accept }) };
  return SELF.fetch("http://localhost:8787/v1/server/metrics", { headers });
}

async function metrics(): Promise<ServerMetrics> {
  return ServerMetrics.parse(await (await get("application/json")).json());
}

/** The samples of a text in OpenMetrics 1.0, by name and labels. @throws an Error at what is not valid */
function parse(text: string): Map<string, number> {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.pop() !== "# EOF") throw new Error("it does not end with # EOF");
  const families = new Map<string, { type?: string; unit?: string; help?: string }>();
  const samples = new Map<string, number>();
  for (const line of lines) {
    const [, word, family = "", rest = ""] = /^# (TYPE|UNIT|HELP) (\w+) (.+)$/.exec(line) ?? [];
    if (word !== undefined) {
      const open = [...families.keys()].at(-1);
      const known = families.get(family) ?? {};
      const key = word.toLowerCase();
      if (families.has(family) && open !== family) throw new Error(`families mix: ${line}`);
      if (key in known) throw new Error(`twice: ${line}`);
      if (word === "UNIT" && !family.endsWith(`_${rest}`)) throw new Error(`not named by unit: ${line}`);
      families.set(family, { ...known, [key]: rest });
      continue;
    }
    const sample = /^([a-z_]+)(\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})? (\d+(?:\.\d+)?)$/.exec(line);
    const [, name = "", labels = "", value = ""] = sample ?? [];
    if (name !== [...families.keys()].at(-1)) throw new Error(`no sample of the open family: ${line}`);
    if (families.get(name)?.type !== "gauge") throw new Error(`no gauge: ${line}`);
    if (samples.has(name + labels)) throw new Error(`twice: ${line}`);
    samples.set(name + labels, Number(value));
  }
  return samples;
}

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
    expect(samples.size).toBe(1 + objects.length + Object.keys(hooks).length);
  },
);
