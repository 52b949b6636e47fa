import { beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { createGroup, list, send, sendAll } from "../../support/clients/chat.ts";
import { as, Scene } from "../spaces/scene.ts";

let scene: Scene;
let ann: SignedIn;
let bob: SignedIn;
let eve: SignedIn;
let general: ConversationId;

beforeEach(async () => {
  scene = await Scene.make();
  ({ ann, bob, eve, general } = scene);
});

test("the list has the followed channels of one space, or what is no channel", async () => {
  const { id: group } = await createGroup(bob, [eve]);
  const seeds = await scene.addChannel("seeds");
  const other = await Scene.make();
  await other.join(bob, await other.invite(other.ann));
  await send(ann, general, "hello");
  const ids = async (query: string) => (await list(bob, query)).items.map(({ id }) => id);
  expect(await ids(`?space_id=${scene.id}`)).toEqual([general]);
  await as(bob, "PUT", `/v1/conversations/${seeds}/follow`);
  await send(ann, seeds, "hello");
  expect(await ids(`?space_id=${scene.id}`)).toEqual([seeds, general]);
  const first = await list(bob, `?space_id=${scene.id}&limit=1`);
  expect(first.items).toMatchObject([{ id: seeds }]);
  expect(await ids(`?space_id=${scene.id}&limit=1&cursor=${first.next_cursor}`)).toEqual([general]);
  expect(await ids("?space_id=none")).toEqual([group]);
  expect(await ids(`?space_id=none&archived=true`)).toEqual([]);
  const of = (id: string) => as(eve, "GET", `/v1/conversations?space_id=${id}`);
  expect((await of(String(scene.id))).status).toBe(404);
  expect((await of("any")).status).toBe(400);
  await scene.endBob("is removed");
  expect((await as(bob, "GET", `/v1/conversations?space_id=${scene.id}`)).status).toBe(404);
  expect(await ids("?space_id=none")).toEqual([group]);
});

test("a space is read as a whole: what one follows in it, and nothing else", async () => {
  const { id: group } = await createGroup(ann, [bob]);
  const seeds = await scene.addChannel("seeds");
  await as(bob, "PUT", `/v1/conversations/${seeds}/follow`);
  await sendAll(ann, seeds, ["one", "two"]);
  await send(ann, general, "hello");
  await send(ann, group, "hello");
  const unread = async () => (await as(bob, "GET", "/v1/me/unread")).body;
  expect(await unread()).toMatchObject({
    unread_count: 4,
    spaces: [{ space_id: scene.id, unread_count: 3 }],
  });
  await scene.done(eve, "PUT", "/read", undefined, 404);
  await scene.done(bob, "PUT", "/read");
  expect(await unread()).toMatchObject({ unread_count: 1, spaces: [] });
  await scene.done(bob, "PUT", "/read");
});
