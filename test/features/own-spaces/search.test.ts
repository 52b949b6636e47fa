import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { StrictWideSearch } from "../../support/clients/shapes.ts";
import { addresses } from "../../support/clients/wide-search.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";
import { as, Scene } from "../spaces/scene.ts";

let scene: Scene;
let ann: SignedIn;
let bob: SignedIn;
let general: ConversationId;

beforeAll(setNoRateLimits);
beforeEach(async () => {
  scene = await Scene.make();
  ({ ann, bob, general } = scene);
});

async function search(who: SignedIn, query: string) {
  const { status, body } = await scene.ask(who, "GET", `/messages/search?q=fish${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return StrictWideSearch.parse(body);
}

/** All hits, and in how many pages they come. */
async function walk(who: SignedIn, query = "") {
  const pages = [await search(who, query)];
  for (let next = pages[0]?.next_before; next; next = pages.at(-1)?.next_before)
    pages.push(await search(who, `${query}&before=${next}`));
  return { hits: addresses(pages), pages };
}

test("a space is searched in the channels that one can read, followed or not", async () => {
  const seeds = await scene.addChannel("seeds");
  const secret = await scene.addChannel("secret", { visibility: "private" });
  const { id: group } = await createGroup(ann, [bob]);
  const sent: { id: number; address: string }[] = [];
  for (const id of [seeds, general, secret, group, seeds]) {
    const { seq } = await send(ann, id, "red fish");
    sent.unshift({ id, address: `${id}/${seq}` });
  }
  const of = (ids: number[]) => sent.filter(({ id }) => ids.includes(id)).map(({ address }) => address);
  const { hits, pages } = await walk(bob);
  expect(hits).toEqual(of([seeds, general]));
  expect(pages).toMatchObject([{ searched_to: null, unreachable: [] }]);
  expect(JSON.stringify(pages)).not.toContain("secret");
  expect((await walk(ann)).hits).toEqual(of([seeds, general, secret]));
  expect((await walk(ann, `&sender_id=${bob.user.id}`)).hits).toEqual([]);
  await scene.done(scene.eve, "GET", "/messages/search?q=fish", undefined, 404);

  await as(ann, "PATCH", `/v1/conversations/${seeds}`, { visibility: "private" });
  expect((await walk(bob)).hits).toEqual(of([general]));
});

test("a search goes on over pages, in one order, once each, and its cursor is of its space", async () => {
  const ids = [general];
  for (const name of ["one", "two", "three", "four"]) ids.push(await scene.addChannel(name));
  const sent: string[] = [];
  for (const id of [...ids, ...ids.toReversed(), ...ids])
    sent.unshift(`${id}/${(await send(ann, id, "fish")).seq}`);
  // A page asks two channels, and remembers one.
  overrideTiming({ wideSearch: { calls: 2, parallel: 1, kept: 1 } });
  const { hits, pages } = await walk(bob, "&limit=4");
  expect(hits).toEqual(sent);
  expect(Math.max(...pages.map(({ items }) => items.length))).toBe(4);
  const other = await Scene.make();
  const moved = await other.ask(other.ann, "GET", `/messages/search?q=fish&before=${pages[0]?.next_before}`);
  expect(moved.status).toBe(400);
});
