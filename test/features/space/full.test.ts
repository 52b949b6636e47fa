import { createScheduledController, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { handlers } from "../../support/app.ts";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, page, send } from "../../support/clients/chat.ts";
import { patch } from "../../support/clients/edits.ts";
import { DAY, HOUR, listScheduled, pass, postScheduled, schedule } from "../../support/clients/scheduled.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { conversationObject, range, textFrame } from "../../support/objects/room.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let eve: SignedIn;

beforeAll(async () => {
  // What a test has changed counts at once.
  setTiming({ storage: { lookMs: 0 } });
  [ann, bob, eve] = await Promise.all([register(), register(), register()]);
});

/** From now on every object is full. */
const fill = () => overrideTiming({ storage: { fullBytes: 1 } });

/** A group of Ann's and Bob's with a message and a poll. */
async function group(): Promise<{ id: ConversationId; path: string }> {
  const id = ConversationId.parse((await createGroup(ann, [bob])).id);
  await send(ann, id, "before");
  await send(ann, id, {
    kind: "poll",
    body: { question: "Tea?", options: ["yes", "no"], multiple: false, anonymous: false, ends_at: 0 },
  });
  return { id, path: `/v1/conversations/${id}` };
}

type Place = Awaited<ReturnType<typeof group>>;

describe("in a full conversation", () => {
  const REFUSED: Record<string, (of: Place) => Promise<unknown>> = {
    "a message": ({ path }) => refused("POST", `${path}/messages`, textFrame("more")),
    "a forward": ({ id, path }) =>
      refused("POST", `${path}/messages`, { forward: { conversation_id: id, seq: 1 } }),
    "an edit": async ({ id }) =>
      expectProblem(await patch(ann, id, 1, { base_version: 1, body: { text: "after" } }), 507, "full"),
    "a reaction": ({ path }) => refused("PUT", `${path}/messages/1/reactions/%F0%9F%8D%9C`),
    "a vote": ({ path }) => refused("PUT", `${path}/messages/2/votes`, { options: [0] }),
    "a pin": ({ path }) => refused("PUT", `${path}/messages/1/pin`),
    "a new member": ({ path }) => refused("POST", `${path}/members`, { user_ids: [eve.user.id] }),
    "a notice of the backend": async ({ path }) => {
      const { text: token } = await makeServerKey(["messages"]);
      const body = { as: null, kind: "system", body: { event: "deployed", text: "hello" } };
      expectProblem(
        await call("POST", path.replace("/v1/", "/v1/server/").concat("/messages"), { token, body }),
        507,
        "full",
      );
    },
  };

  async function refused(method: string, path: string, body?: object): Promise<void> {
    expectProblem(await call(method, path, { token: ann.token, body }), 507, "full");
  }

  test.each(Object.entries(REFUSED))("%s is refused, and changes nothing", async (_, ask) => {
    const place = await group();
    const before = (await page(ann, place.id)).items;
    fill();
    await ask(place);
    expect((await page(ann, place.id)).items).toEqual(before);
  });

  test("a frame of a room socket and one of a device are refused", async () => {
    const { id } = await group();
    const [room, device] = [await openRoom(id, ann.token), await openDevice(bob.token)];
    fill();
    room.send({ ...textFrame("more", "m1") });
    device.send({ ...textFrame("more", "m2"), conversation_id: id });
    for (const socket of [room, device]) {
      await socket.until(({ frames }) => frames.some(({ type }) => type === "error"));
      expect(socket.of("error")).toMatchObject([{ code: "full" }]);
    }
  });

  test("what is stored is read, and a repeat of it is answered", async () => {
    const { id, path } = await group();
    const body = textFrame("once", "m1");
    const first = await call("POST", `${path}/messages`, { token: bob.token, body });
    fill();
    const again = await call("POST", `${path}/messages`, { token: bob.token, body });
    expect([first.status, again.status]).toEqual([201, 200]);
    expect((await page(bob, id)).items).toHaveLength(3);
    expect((await call("PUT", `${path}/read`, { token: bob.token, body: { seq: 3 } })).status).toBe(200);
  });

  test("what makes room is done, and then there is room", async () => {
    const { id } = await group();
    for (const _ of range(1, 20)) await send(ann, id, "x".repeat(8_000));
    const bytes = await runInDurableObject(
      conversationObject(id),
      (_, { storage }) => storage.sql.databaseSize,
    );
    overrideTiming({ storage: { fullBytes: bytes - 64_000 } });
    const post = () =>
      call("POST", `/v1/conversations/${id}/messages`, { token: bob.token, body: textFrame("hi") });
    expectProblem(await post(), 507, "full");
    for (const seq of range(3, 22)) expect((await deleteMessage(ann, id, seq, "everyone")).status).toBe(204);
    expect((await post()).status).toBe(201);
    expect((await call("POST", `/v1/conversations/${id}/leave`, { token: bob.token })).status).toBe(204);
  });

  test("who is not in it learns nothing of it", async () => {
    const { path } = await group();
    fill();
    for (const [method, rest] of [
      ["PUT", "/messages/1/pin"],
      ["PUT", "/messages/1/reactions/%F0%9F%8D%9C"],
    ] as const)
      expectProblem(await call(method, `${path}${rest}`, { token: eve.token }), 404, "not_found");
    const sent = await call("POST", `${path}/messages`, { token: eve.token, body: textFrame("hi") });
    expectProblem(sent, 404, "not_found");
  });

  test("a scheduled message fails, and its user is told", async () => {
    const { id } = await group();
    const made = await schedule(bob, id, "late");
    fill();
    const device = await openDevice(bob.token);
    await pass(bob, 2 * HOUR);
    expect((await listScheduled(bob)).items).toMatchObject([{ id: made.id, failed: "full" }]);
    await device.until((reached) => reached.of("scheduled").length > 0);
    expect(device.of("scheduled")).toMatchObject([{ event: "failed", id: made.id }]);
  });
});

test("in a full inbox drafts, scheduled and saved messages are refused, and are deleted", async () => {
  const { id, path } = await group();
  const made = await schedule(ann, id, "late");
  fill();
  const full = [
    await postScheduled(ann, id, "later"),
    await call("PUT", `${path}/messages/1/saved`, { token: ann.token, body: {} }),
    await call("PATCH", `/v1/scheduled/${made.id}`, {
      token: ann.token,
      body: { send_at: Date.now() + DAY },
    }),
  ];
  for (const answer of full) expectProblem(answer, 507, "full");
  expect((await call("DELETE", `/v1/scheduled/${made.id}`, { token: ann.token })).status).toBe(204);
});

test("an object that is nearly full warns once a day", async () => {
  const { id } = await group();
  const spy = vi.spyOn(console, "warn");
  onTestFinished(() => spy.mockRestore());
  const warned = () => spy.mock.calls.flat().filter((line) => String(line).includes("object_nearly_full"));
  overrideTiming({ storage: { largeBytes: 1, nearlyFullBytes: 1 } });
  const object = conversationObject(id);
  await send(ann, id, "one");
  await runDurableObjectAlarm(object);
  await send(ann, id, "two");
  await runDurableObjectAlarm(object);
  expect(warned().map((line) => JSON.parse(String(line)))).toMatchObject([
    { level: "warn", event: "object_nearly_full", conversation: id, bytes: expect.any(Number) },
  ]);
  advanceClock(DAY);
  await runDurableObjectAlarm(object);
  expect(warned()).toHaveLength(2);
});

test("the hourly job logs how large the database is, and warns of one that is nearly full", async () => {
  const lines = (["info", "warn"] as const).map((level) => vi.spyOn(console, level));
  onTestFinished(() => {
    for (const spy of lines) spy.mockRestore();
  });
  const logged = () =>
    lines
      .flatMap((spy) => spy.mock.calls.flat().map(String))
      .filter((line) => line.includes("database_size"));
  await handlers.scheduled(createScheduledController(), env);
  overrideTiming({ storage: { nearlyFullBytes: 1 } });
  await handlers.scheduled(createScheduledController(), env);
  expect(logged().map((line) => JSON.parse(line))).toEqual([
    { level: "info", event: "database_size", bytes: expect.toSatisfy((bytes) => bytes > 100_000) },
    { level: "warn", event: "database_size", bytes: expect.toSatisfy((bytes) => bytes > 100_000) },
  ]);
});
