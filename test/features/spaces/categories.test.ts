import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, list, send } from "../../support/clients/chat.ts";
import { as, Scene } from "./scene.ts";

let scene: Scene;
let ann: SignedIn;
let bob: SignedIn;
let eve: SignedIn;
let general: ConversationId;

beforeEach(async () => {
  scene = await Scene.make();
  ({ ann, bob, eve, general } = scene);
});

const Made = z.object({ id: z.int() });
const Layout = z.object({
  items: z.array(z.looseObject({ id: z.int(), category_id: z.int().nullable(), position: z.int() })),
  categories: z.array(z.object({ id: z.int(), name: z.string(), position: z.int() }).loose()),
});

async function addCategory(name: string): Promise<number> {
  const { status, body } = await scene.ask(ann, "POST", "/categories", { name });
  expect(status, JSON.stringify(body)).toBe(201);
  return Made.parse(body).id;
}

async function layout(who: SignedIn) {
  return Layout.parse((await scene.ask(who, "GET", "/channels")).body);
}

/** The names of the categories that somebody sees, and the channels by category. */
async function seen(who: SignedIn) {
  const { items, categories } = await layout(who);
  return {
    categories: categories.map(({ name }) => name),
    channels: items.map(({ id, category_id }) => [id, category_id]),
  };
}

async function addManager(): Promise<void> {
  await scene.giveRole(bob, await scene.addRole({ name: "Hosts", permissions: ["manage_channel"] }));
}

test("channels are shown in the order and in the categories that they are given", async () => {
  const [outside, inside] = [await addCategory("Outside"), await addCategory("Inside")];
  const seeds = await scene.addChannel("seeds", { category_id: outside });
  const tea = await scene.addChannel("tea", { category_id: inside });
  const trees = await scene.addChannel("trees", { category_id: outside });
  expect(await seen(bob)).toEqual({
    categories: ["Outside", "Inside"],
    channels: [
      [general, null],
      [seeds, outside],
      [trees, outside],
      [tea, inside],
    ],
  });
  const order = {
    categories: [
      { id: inside, channel_ids: [tea, seeds] },
      { id: outside, channel_ids: [trees] },
    ],
    channel_ids: [general],
  };
  await scene.done(ann, "PUT", "/order", order, 200);
  const after = {
    categories: ["Inside", "Outside"],
    channels: [
      [general, null],
      [tea, inside],
      [seeds, inside],
      [trees, outside],
    ],
  };
  expect(await seen(bob)).toEqual(after);
  expect((await layout(bob)).items.map(({ position }) => position)).toEqual([0, 1, 2, 3]);
  for (const wrong of [
    { ...order, channel_ids: [] },
    { ...order, channel_ids: [general, general] },
    { ...order, categories: order.categories.slice(1) },
    { ...order, channel_ids: [general, 999_999] },
  ])
    expectProblem(await scene.ask(ann, "PUT", "/order", wrong), 409, "conflict");
  expect(await seen(bob)).toEqual(after);
  // A channel that is made later comes last.
  const late = await scene.addChannel("late");
  expect((await seen(bob)).channels.slice(0, 2)).toEqual([
    [general, null],
    [late, null],
  ]);
});

test("channels stay when their category is deleted, and move by a change of their own", async () => {
  const outside = await addCategory("Outside");
  const seeds = await scene.addChannel("seeds", { category_id: outside });
  await scene.done(ann, "PATCH", `/categories/${outside}`, { name: "Garden" }, 200);
  expect((await seen(bob)).categories).toEqual(["Garden"]);
  await scene.done(ann, "DELETE", `/categories/${outside}`);
  await scene.done(ann, "DELETE", `/categories/${outside}`);
  expect(await seen(bob)).toEqual({
    categories: [],
    channels: [
      [general, null],
      [seeds, null],
    ],
  });
  expectProblem(await ask(ann, seeds, "PATCH", "", { category_id: outside }), 404, "not_found");
  const inside = await addCategory("Inside");
  expect((await ask(ann, seeds, "PATCH", "", { category_id: inside, name: "beans" })).status).toBe(200);
  expect(await scene.channels(bob)).toMatchObject([
    { name: "general" },
    { name: "beans", category_id: inside },
  ]);
});

test("a category does not exist for who can read no channel in it", async () => {
  await addManager();
  const [staff, mixed, empty] = [
    await addCategory("Staff"),
    await addCategory("Mixed"),
    await addCategory("Empty"),
  ];
  const hidden = { visibility: "private" };
  const board = await scene.addChannel("board", { category_id: staff, ...hidden });
  const secret = await scene.addChannel("secret", { category_id: mixed, ...hidden });
  const seeds = await scene.addChannel("seeds", { category_id: mixed });
  expect((await seen(ann)).categories).toEqual(["Staff", "Mixed", "Empty"]);
  expect((await seen(bob)).categories).toEqual(["Mixed", "Empty"]);
  expect((await layout(bob)).categories.map(({ position }) => position)).toEqual([0, 1]);
  await scene.join(eve, await scene.invite(ann));
  expect((await seen(eve)).categories).toEqual(["Mixed"]);
  expectProblem(await scene.ask(bob, "PATCH", `/categories/${staff}`, { name: "x" }), 404, "not_found");
  await scene.done(bob, "DELETE", `/categories/${staff}`);
  expectProblem(
    await scene.ask(bob, "POST", "/channels", { name: "x", category_id: staff }),
    404,
    "not_found",
  );
  expectProblem(await ask(bob, board, "PATCH", "", { category_id: mixed }), 404, "not_found");
  const order = {
    categories: [
      { id: empty, channel_ids: [seeds] },
      { id: mixed, channel_ids: [] },
    ],
    channel_ids: [general],
  };
  await scene.done(bob, "PUT", "/order", order, 200);
  const { channels } = await seen(ann);
  expect(channels).toContainEqual([board, staff]);
  expect(channels).toContainEqual([secret, mixed]);
});

test("who comes in follows the default channels that they can read", async () => {
  const seeds = await scene.addChannel("seeds", { default: true });
  await scene.addChannel("tea");
  await scene.addChannel("board", { default: true, visibility: "private" });
  const joined = await scene.join(eve, await scene.invite(ann));
  expect(joined.body).toMatchObject({ channel_id: general });
  expect((await list(eve)).items.map(({ id }) => id).sort()).toEqual([general, seeds].sort());
  for (const channel of [general, seeds])
    expect((await ask(ann, channel, "PATCH", "", { default: false })).status).toBe(200);
  const [dan] = await registerUsers(1);
  // Bob and Eve see no default any more: the first channel takes its place.
  await scene.join(dan, await scene.invite(ann));
  expect((await list(dan)).items.map(({ id }) => id)).toEqual([general]);
  // The private one counts, too.
  for (let n = 0; n < 4; n++) await scene.addChannel(`d${n}`, { default: true });
  const sixth = await scene.ask(ann, "POST", "/channels", { name: "x", default: true });
  expectProblem(sixth, 409, "conflict");
  expectProblem(await ask(ann, general, "PATCH", "", { default: true }), 409, "conflict");
});

test("a channel is closed to others and opened again, and its maker stays in it", async () => {
  const mods = { name: "Mods", permissions: ["manage_roles", "manage_channel"] };
  await scene.giveRole(bob, await scene.addRole(mods));
  await scene.join(eve, await scene.invite(ann));
  const look = { visibility: "private", channel_kind: "announcement" };
  expect((await ask(bob, general, "PATCH", "", look)).status).toBe(200);
  expect(await scene.channels(bob)).toMatchObject([look]);
  await send(bob, general, "It is ours");
  expectProblem(await ask(eve, general, "GET", "/messages"), 404, "not_found");
  const open = { visibility: "open", channel_kind: "text" };
  expect((await ask(bob, general, "PATCH", "", open)).status).toBe(200);
  expect(await scene.channels(eve)).toMatchObject([open]);
  await send(eve, general, "It is all of ours");
});

test("a channel that is made again with its client id is the first one", async () => {
  const channel = { name: "seeds", client_channel_id: "c1" };
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => scene.ask(ann, "POST", "/channels", channel)),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(7).fill(200), 201]);
  expect(new Set(answers.map(({ body }) => Made.parse(body).id)).size).toBe(1);
  const other = await Scene.make();
  const own = await as(other.ann, "POST", `/v1/spaces/${other.id}/channels`, channel);
  expect(own.status).toBe(201);
  await expectAsked(ann, ConversationId.parse(Made.parse(answers[0]?.body).id), "DELETE", "");
  expectProblem(await scene.ask(ann, "POST", "/channels", channel), 409, "conflict");
});

test("categories are for who may manage channels, and fifty at most, also at once", async () => {
  const category = await addCategory("Outside");
  const order = { categories: [{ id: category, channel_ids: [] }], channel_ids: [general] };
  const calls: (readonly [string, string, object?])[] = [
    ["POST", "/categories", { name: "x" }],
    ["PATCH", `/categories/${category}`, { name: "x" }],
    ["DELETE", `/categories/${category}`],
    ["PUT", "/order", order],
  ];
  for (const [method, path, body] of calls) {
    const refused = await scene.ask(bob, method, path, body);
    expectProblem(refused, 403, "forbidden");
    expect(refused.body).toMatchObject({ permission: "manage_channel" });
    expectProblem(await scene.ask(eve, method, path, body), 404, "not_found");
  }
  const other = await Scene.make();
  expectProblem(
    await other.ask(other.ann, "PATCH", `/categories/${category}`, { name: "x" }),
    404,
    "not_found",
  );
  await other.done(other.ann, "DELETE", `/categories/${category}`);
  expectProblem(await scene.ask(ann, "POST", "/categories", {}), 400, "validation_failed");
  const made = await Promise.all(
    Array.from({ length: 52 }, (_, n) => scene.ask(ann, "POST", "/categories", { name: `c${n}` })),
  );
  expect(made.filter(({ status }) => status === 201)).toHaveLength(49);
  expect((await layout(ann)).categories).toHaveLength(50);
});

test("a change of a channel that is refused in one thing changes nothing, least of all rights", async () => {
  const board = await scene.addChannel("board", { visibility: "private" });
  for (let n = 0; n < 4; n++) await scene.addChannel(`n${n}`, { default: true });
  const change = (body: object) => as(ann, "PATCH", `/v1/conversations/${board}`, body);
  expect((await change({ visibility: "open", default: true })).status).toBe(409);
  expect((await change({ visibility: "open", category_id: 999_999 })).status).toBe(404);
  expect((await change({ visibility: "open", name: "x".repeat(9_999) })).status).toBe(400);
  expect((await scene.channels(bob)).map(({ id }) => id)).not.toContain(board);
  await scene.done(ann, "PATCH", `/roles/0`, { permissions: ["read", "write"] }, 200);
  expect((await change({ visibility: "open", default: false })).status).toBe(200);
  expect((await scene.channels(bob)).map(({ id }) => id)).toContain(board);
});
