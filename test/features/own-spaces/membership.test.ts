import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { send } from "../../support/clients/chat.ts";
import { as, Scene } from "../spaces/scene.ts";

const Spaces = z.object({
  items: z.array(z.looseObject({ id: z.int() })),
  next_cursor: z.string().nullable(),
});

let scene: Scene;
let ann: SignedIn;
let bob: SignedIn;
let eve: SignedIn;
let general: ConversationId;

beforeEach(async () => {
  scene = await Scene.make();
  ({ ann, bob, eve, general } = scene);
});

async function ids(who: SignedIn, query = "") {
  return Spaces.parse((await as(who, "GET", `/v1/spaces${query}`)).body).items.map(({ id }) => id);
}

test("spaces are in one's own order: new ones first", async () => {
  const make = async (name: string) =>
    z.object({ id: z.int() }).parse((await as(bob, "POST", "/v1/spaces", { name })).body).id;
  const [one, two] = [await make("one"), await make("two")];
  const order = (space_ids: number[]) => as(bob, "PUT", "/v1/spaces/order", { space_ids });
  expect(await ids(bob)).toEqual([two, one, scene.id]);
  expect((await order([one, scene.id, two])).status).toBe(204);
  expect(await ids(bob)).toEqual([one, scene.id, two]);
  expect(await ids(ann)).toEqual([scene.id]);
  const other = await Scene.make();
  expect((await order([two, other.id])).status).toBe(404);
  expect((await order([two, two])).status).toBe(400);
  const three = await make("three");
  expect(await ids(bob)).toEqual([three, one, scene.id, two]);
  let cursor = "";
  for (const id of [three, one, scene.id, two]) {
    const page = Spaces.parse((await as(bob, "GET", `/v1/spaces?limit=1${cursor}`)).body);
    expect(page.items).toMatchObject([{ id }]);
    cursor = `&cursor=${page.next_cursor}`;
  }
});

test("a space that one has muted is silent, and says what is unread", async () => {
  const of = async (who: SignedIn) => (await scene.ask(who, "GET")).body;
  await send(ann, general, { kind: "text", body: { text: "hi" }, mentions: [bob.user.id] });
  await send(ann, general, "hello");
  expect(await of(bob)).toMatchObject({ unread_count: 2, mention_count: 1, muted_until: 0 });
  const audible = async () => (await as(bob, "GET", "/v1/me/unread")).body;
  expect(await audible()).toMatchObject({ unread_count: 2, audible: { unread_count: 2 } });
  const muted = await scene.ask(bob, "PUT", "/preferences", { muted_until: -1 });
  expect(muted.body).toMatchObject({ id: scene.id, muted_until: -1, unread_count: 2 });
  expect(await audible()).toMatchObject({ unread_count: 2, audible: { unread_count: 0 } });
  expect(await of(ann)).toMatchObject({ unread_count: 0, muted_until: 0 });
  await scene.done(eve, "PUT", "/preferences", { muted_until: -1 }, 404);
  await scene.done(bob, "PUT", "/preferences", { muted_until: 1 }, 200);
  expect(await of(bob)).toMatchObject({ muted_until: 0 });
  expect(await audible()).toMatchObject({ audible: { unread_count: 2 } });
});

test("a name card is one's own, or of a member below, and found", async () => {
  const path = `/members/${bob.user.id}`;
  await scene.done(bob, "PATCH", path, { name_card: "Bob the Gardener" });
  const found = await scene.ask(ann, "GET", "/members?q=gardener");
  expect(found.body).toMatchObject({ items: [{ user: { id: bob.user.id }, name_card: "Bob the Gardener" }] });
  await scene.done(bob, "PATCH", `/members/${ann.user.id}`, { name_card: "Boss" }, 403);
  await scene.done(eve, "PATCH", path, { name_card: "Eve" }, 404);
  await scene.done(ann, "PATCH", `/members/${eve.user.id}`, { name_card: "Eve" }, 404);
  await scene.done(ann, "PATCH", path, { name_card: "x".repeat(500) }, 400);
  for (const body of [{}, { name_card: "x", muted_for_s: 0 }])
    await scene.done(ann, "PATCH", path, body, 400);
  await scene.done(ann, "PATCH", path, { name_card: "" });
  expect((await scene.ask(bob, "GET", "/members?q=gardener")).body).toMatchObject({ items: [] });
});

test("metadata is kept with a space, up to 4 KiB", async () => {
  await scene.done(ann, "PATCH", "", { metadata: { plan: "pro" } }, 200);
  expect((await scene.ask(bob, "GET")).body).toMatchObject({ metadata: { plan: "pro" } });
  await scene.done(ann, "PATCH", "", { metadata: { plan: "x".repeat(4_096) } }, 400);
  await scene.done(bob, "PATCH", "", { metadata: {} }, 403);
  expect((await scene.ask(bob, "GET")).body).toMatchObject({ metadata: { plan: "pro" } });
  const made = await as(ann, "POST", "/v1/spaces", { name: "x", metadata: { a: 1 } });
  expect(made.body).toMatchObject({ metadata: { a: 1 } });
});

test("the slow mode of a space holds at once in channels without their own", async () => {
  const write = async (id: ConversationId) =>
    (await as(bob, "POST", `/v1/conversations/${id}/messages`, { kind: "text", body: { text: "x" } })).status;
  const seeds = await scene.addChannel("seeds");
  await as(ann, "PATCH", `/v1/conversations/${seeds}`, { slow_mode_s: 1_000 });
  expect([await write(general), await write(general)]).toEqual([201, 201]);
  await scene.done(bob, "PATCH", "", { slow_mode_s: 600 }, 403);
  await scene.done(ann, "PATCH", "", { slow_mode_s: 600 }, 200);
  expect((await scene.ask(bob, "GET")).body).toMatchObject({ slow_mode_s: 600 });
  expect(await write(general)).toBe(429);
  // Who manages messages does not wait.
  await send(ann, general, "one");
  await send(ann, general, "two");
  await scene.done(ann, "PATCH", "", { slow_mode_s: 0 }, 200);
  expect(await write(general)).toBe(201);
  expect([await write(seeds), await write(seeds)]).toEqual([201, 429]);
});
