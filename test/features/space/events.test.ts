import { expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { call, register } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { counted, get, metrics, parse } from "./read-metrics.ts";

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
  expect(await of("stored")).toBe(before.stored + 2);
  expect(await of("not_found")).toBe(before.refused + 1);
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
  expect(await of("no_such_path")).toBe(before.path + 1);
  expect(await of("unauthenticated")).toBe(before.token + 1);
});

test("OpenMetrics has the same numbers", async () => {
  const { ann, id } = await group();
  await send(ann, id, "one");
  const samples = parse(await (await get()).text());
  const stored = samples.get('parley_sends_total{surface="v1",result="stored"}') ?? 0;
  expect(stored).toBeGreaterThan(0);
  expect(await counted("sends", { surface: "v1", result: "stored" })).toBe(stored);
  const all = samples.get('parley_send_duration_seconds_count{surface="v1"}');
  expect(all).toBeGreaterThanOrEqual(stored);
  expect(samples.get('parley_send_duration_seconds_bucket{surface="v1",le="+Inf"}')).toBe(all);
});
