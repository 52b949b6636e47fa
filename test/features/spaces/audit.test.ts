import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { as, Scene } from "./scene.ts";

const Page = z.object({
  items: z.array(
    z.object({
      at: z.int(),
      by: z.int(),
      action: z.string(),
      of: z.record(z.string(), z.int()),
      from: z.json().optional(),
      to: z.json().optional(),
    }),
  ),
  next_cursor: z.string().nullable(),
});

let scene: Scene;
let ann: SignedIn;
let bob: SignedIn;
let auditors: number;

beforeAll(async () => {
  scene = await Scene.make();
  ({ ann, bob } = scene);
  auditors = await scene.addRole({ name: "Auditors", permissions: ["see_audit"] });
  await scene.giveRole(bob, auditors);
});

async function audit(who: SignedIn, query = ""): Promise<z.infer<typeof Page>> {
  return Page.parse((await scene.ask(who, "GET", `/audit${query}`)).body);
}

test("The audit log has each change with who made it, before and after, the newest first", async () => {
  const channel = await scene.addChannel("seeds");
  const role = await scene.addRole({ name: "Gardeners", permissions: [] });
  await scene.done(ann, "PATCH", `/roles/${role}`, { name: "Growers" }, 200);
  await scene.done(ann, "PATCH", "", { name: "Garden society" }, 200);
  const deny = { deny: ["write"] };
  expect((await as(ann, "PUT", `/v1/conversations/${channel}/overrides/roles/${role}`, deny)).status).toBe(
    204,
  );
  expect((await as(ann, "PATCH", `/v1/conversations/${channel}`, { name: "Seeds" })).status).toBe(200);
  await scene.done(ann, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 60 });
  await scene.done(ann, "DELETE", `/roles/${role}`);

  const { items } = await audit(bob);
  const by = ann.user.id;
  expect(items.slice(0, 8)).toMatchObject([
    { by, action: "role_deleted", of: { role_id: role }, from: { name: "Growers" } },
    { by, action: "member_muted", of: { user_id: bob.user.id } },
    { by, action: "channel_changed", of: { conversation_id: channel }, to: { name: "Seeds" } },
    {
      ...{ by, action: "override_set", of: { conversation_id: channel, role_id: role } },
      ...{ from: { allow: [], deny: [] }, to: { allow: [], deny: ["write"] } },
    },
    { by, action: "space_changed", of: {}, from: { name: "Garden club" }, to: { name: "Garden society" } },
    {
      by,
      action: "role_changed",
      of: { role_id: role },
      from: { name: "Gardeners" },
      to: { name: "Growers" },
    },
    { by, action: "role_created", of: { role_id: role }, to: { name: "Gardeners", permissions: [] } },
    { by, action: "channel_created", of: { conversation_id: channel }, to: { name: "seeds" } },
  ]);
});

test("What changes nothing, and what is refused, is not noted", async () => {
  const before = await audit(ann);
  await scene.giveRole(bob, auditors);
  const deny = { deny: ["pin"] };
  const again = `/v1/conversations/${scene.general}/overrides/roles/${auditors}`;
  expect((await as(ann, "PUT", again, deny)).status).toBe(204);
  const noted = await audit(ann);
  expect((await as(ann, "PUT", again, deny)).status).toBe(204);
  expect((await audit(ann)).items).toEqual(noted.items);
  await scene.done(ann, "PATCH", `/roles/${auditors}`, { name: "Auditors" }, 200);
  await scene.done(bob, "PATCH", `/roles/${auditors}`, { name: "Us" }, 403);
  await scene.done(ann, "DELETE", "/roles/999999");
  await scene.done(ann, "DELETE", `/bans/${scene.eve.user.id}`);
  expect((await audit(ann)).items.slice(1)).toEqual(before.items);
});

test("No call that is made again, and changes nothing by then, is noted", async () => {
  const { general, eve } = scene;
  const named = z.object({ id: z.int() });
  const category = named.parse((await scene.ask(ann, "POST", "/categories", { name: "Beds" })).body).id;
  const seeds = await scene.addChannel("more seeds");
  const made = { name: "once", client_channel_id: "c1", topic: "" };
  const role = await scene.addRole({ name: "Weeders", permissions: [] });
  const other = await scene.addRole({ name: "Waterers", permissions: [] });
  const gone = await scene.addRole({ name: "Gone", permissions: [] });
  const code = await scene.invite(ann);
  const [dan, gus] = await registerUsers(2);
  for (const who of [dan, gus]) await scene.join(who, await scene.invite(ann));
  const rights = { allow: ["pin"], deny: ["files"] };
  const space = `/v1/spaces/${scene.id}`;
  const channel = `/v1/conversations/${general}`;
  const calls: [method: string, path: string, body?: object][] = [
    ["PATCH", space, { name: "Society", description: "All of it", discoverable: true }],
    ["POST", `${space}/owner`, { user_id: ann.user.id }],
    [
      "PATCH",
      `${space}/roles/${role}`,
      { name: "Hoers", color: "#2f855a", permissions: ["pin"], hoist: true },
    ],
    ["PATCH", `${space}/roles/0`, { permissions: ["read", "write", "invite"] }],
    ["PUT", `${space}/roles/order`, { role_ids: [auditors, gone, other, role] }],
    ["DELETE", `${space}/roles/${gone}`],
    ["PUT", `${space}/members/${bob.user.id}/roles/${role}`],
    ["DELETE", `${space}/members/${bob.user.id}/roles/${role}`],
    ["PATCH", `${space}/members/${bob.user.id}`, { muted_for_s: 0 }],
    ["DELETE", `${space}/members/${gus.user.id}`],
    ["PUT", `${space}/bans/${dan.user.id}`],
    ["PUT", `${space}/bans/${eve.user.id}`],
    ["DELETE", `${space}/bans/${eve.user.id}`],
    ["POST", `${space}/channels`, made],
    ["PUT", `${channel}/overrides/roles/${role}`, rights],
    ["PUT", `${channel}/overrides/roles/0`, { deny: ["files"] }],
    ["PUT", `${channel}/overrides/users/${bob.user.id}`, rights],
    ["PUT", `${channel}/overrides/users/${bob.user.id}`, { allow: [], deny: [] }],
    ["DELETE", `${channel}/overrides/roles/${role}`],
    ["DELETE", `${channel}/overrides/users/${bob.user.id}`],
    ["PATCH", channel, { name: "Everything", introduction: "And more" }],
    ["PATCH", channel, { category_id: category, default: true }],
    ["PATCH", channel, { visibility: "private" }],
    ["PATCH", channel, { channel_kind: "announcement" }],
    ["PATCH", channel, { visibility: "open", channel_kind: "text", category_id: null, default: false }],
    ["PATCH", `${space}/categories/${category}`, { name: "Raised beds" }],
    ["DELETE", `${space}/categories/${category}`],
    ["DELETE", `${space}/invitations/${code}`],
    ["DELETE", `/v1/conversations/${seeds}`],
  ];
  const again: unknown[] = [];
  // A further mute of as many seconds is a longer one, and noted.
  await scene.done(ann, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 60 });
  for (const [method, path, body] of calls) {
    await as(ann, method, path, body);
    const { items } = await audit(ann);
    const { status } = await as(ann, method, path, body);
    const more = await audit(ann);
    const added = more.items.length + (more.items[0]?.at ?? 0) - items.length - (items[0]?.at ?? 0);
    if (added > 0) again.push([method, path, body, status, more.items[0]]);
  }
  expect(again).toEqual([]);
});

test("A private channel and a category that one cannot see leave no trace in the log that one sees", async () => {
  const category = z
    .object({ id: z.int() })
    .parse((await scene.ask(ann, "POST", "/categories", { name: "Board papers" })).body);
  const secret = await scene.addChannel("board", { visibility: "private", category_id: category.id });
  await as(ann, "PATCH", `/v1/conversations/${secret}`, { introduction: "Money" });
  expect(JSON.stringify(await audit(ann))).toContain("Board papers");
  const seen = JSON.stringify(await audit(bob));
  for (const name of ["Board papers", "board", "Money", `"conversation_id":${secret}`])
    expect(seen).not.toContain(name);

  expect((await as(ann, "DELETE", `/v1/conversations/${secret}`)).status).toBe(204);
  expect((await audit(ann)).items[0]).toMatchObject({ action: "channel_deleted", from: { name: "board" } });
  expect(JSON.stringify(await audit(bob))).toBe(seen);
});

test("Pages have each line once, and who lacks see_audit gets none", async () => {
  const { items } = await audit(ann, "?limit=100");
  const first = await audit(ann, "?limit=3");
  const second = await audit(ann, `?limit=100&cursor=${first.next_cursor}`);
  expect([...first.items, ...second.items]).toEqual(items);

  const [dan] = await registerUsers(1);
  await scene.join(dan, await scene.invite(ann));
  await scene.done(dan, "GET", "/audit", undefined, 403);
  await scene.done(scene.eve, "GET", "/audit", undefined, 404);
});
