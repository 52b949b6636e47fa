import { describe, expect, test } from "vitest";
import { z } from "zod";
import { registerUsers } from "../../support/clients/api.ts";
import { setSpacesDirectory } from "../../support/settings.ts";
import { as, Scene } from "./scene.ts";

const Listed = z.object({
  items: z.array(z.looseObject({ id: z.int() })),
  next_cursor: z.string().nullable(),
});

describe("An invitation with roles and channels", () => {
  test("gives them to who comes in, and leads into the first of its channels", async () => {
    const scene = await Scene.make();
    const { ann, eve } = scene;
    const role = await scene.addRole({ name: "Board", permissions: [] });
    const board = await scene.addChannel("board", { visibility: "private", role_ids: [role] });
    const seeds = await scene.addChannel("seeds");
    const secret = await scene.addChannel("secret", { visibility: "private" });
    const code = await scene.invite(ann, { role_ids: [role], channel_ids: [board, secret] });

    const shown = await as(eve, "GET", `/v1/invitations/${code}`);
    expect(JSON.stringify(shown.body)).not.toContain("oard");
    const { status, body } = await scene.join(eve, code);
    expect(status).toBe(200);
    expect(body).toMatchObject({ space: { role_ids: [role] }, channel_id: board });
    const followed = (await scene.channels(eve)).filter((one) => one.following).map((one) => one.id);
    expect(followed.toSorted()).toEqual([scene.general, board].toSorted());
    expect((await scene.channels(eve)).map((one) => one.id)).toContain(seeds);
  });

  test("lets in many at once, each with the role", async () => {
    const scene = await Scene.make();
    const role = await scene.addRole({ name: "Class", permissions: [] });
    const code = await scene.invite(scene.ann, { role_ids: [role] });
    const joins = (await registerUsers(8)).map((who) => scene.join(who, code));
    for (const { status, body } of await Promise.all(joins)) {
      expect(status, JSON.stringify(body)).toBe(200);
      expect(body).toMatchObject({ space: { role_ids: [role] } });
    }
    expect((await scene.ask(scene.ann, "GET")).body).toMatchObject({ member_count: 10 });
  });

  test("is for who may give these roles, as it is made and as it is used", async () => {
    const scene = await Scene.make();
    const { ann, bob, eve } = scene;
    const board = await scene.addRole({ name: "Board", permissions: ["kick"] });
    const helpers = await scene.addRole({ name: "Helpers", permissions: ["manage_roles"] });
    await scene.done(ann, "PUT", "/roles/order", { role_ids: [helpers, board] }, 200);
    await scene.done(bob, "POST", "/invitations", { role_ids: [board] }, 403);
    await scene.giveRole(bob, helpers);
    // Bob lacks `kick`.
    await scene.done(bob, "POST", "/invitations", { role_ids: [board] }, 403);
    await scene.done(bob, "POST", "/invitations", { role_ids: [999_999] }, 404);
    await scene.done(bob, "POST", "/invitations", { channel_ids: [999_999] }, 404);
    const plain = await scene.addRole({ name: "Plain", permissions: [] });
    const code = await scene.invite(bob, { role_ids: [plain] });
    await scene.done(ann, "DELETE", `/members/${bob.user.id}/roles/${helpers}`);
    expect((await scene.join(eve, code)).body).toMatchObject({ space: { role_ids: [] } });
  });
});

describe("The directory", () => {
  test("shows discoverable spaces, by what people read, and lets in who is not banned", async () => {
    setSpacesDirectory("on");
    const scene = await Scene.make();
    const { ann, eve } = scene;
    const { policies } = Object((await as(eve, "GET", "/v1/me")).body);
    expect(policies).toMatchObject({ space_directory: true });
    const search = async (q: string) => {
      const { body } = await as(eve, "GET", `/v1/spaces/directory?q=${encodeURIComponent(q)}&limit=100`);
      return Listed.parse(body).items.filter(({ id }) => id === scene.id);
    };
    const name = `Jardín ${scene.id}`;
    await scene.done(eve, "POST", "/join", undefined, 404);
    expect(await search(name)).toEqual([]);
    await scene.done(ann, "PATCH", "", { name, discoverable: true }, 200);
    expect(await search(`jardin ${scene.id}`)).toMatchObject([{ name, member_count: 2, discoverable: true }]);

    await scene.done(ann, "PUT", `/bans/${eve.user.id}`, {});
    await scene.done(eve, "POST", "/join", undefined, 403);
    await scene.done(ann, "DELETE", `/bans/${eve.user.id}`);
    const joins = await Promise.all([1, 2, 3].map(() => scene.ask(eve, "POST", "/join")));
    for (const { status, body } of joins) {
      expect(status).toBe(200);
      expect(body).toMatchObject({ space: { id: scene.id, member_count: 3 }, channel_id: scene.general });
    }
    await scene.done(ann, "DELETE", "");
    expect(await search(name)).toEqual([]);
  });

  test("is absent where the server has none", async () => {
    const scene = await Scene.make();
    await scene.done(scene.ann, "PATCH", "", { discoverable: true }, 200);
    expect((await as(scene.eve, "GET", "/v1/spaces/directory")).status).toBe(404);
    await scene.done(scene.eve, "POST", "/join", undefined, 404);
  });
});

test("A space is handed over to a member: the former owner keeps what their roles give", async () => {
  const scene = await Scene.make();
  const { ann, bob, eve } = scene;
  const secret = await scene.addChannel("secret", { visibility: "private" });
  await scene.done(bob, "POST", "/owner", { user_id: bob.user.id }, 403);
  await scene.done(ann, "POST", "/owner", { user_id: eve.user.id }, 404);
  await scene.done(ann, "DELETE", `/v1`, undefined, 404);
  await scene.done(ann, "POST", "/owner", { user_id: bob.user.id }, 200);
  expect((await scene.ask(bob, "GET")).body).toMatchObject({ owner_id: bob.user.id });
  expect((await as(bob, "GET", `/v1/conversations/${secret}/messages`)).status).toBe(200);
  await scene.done(ann, "DELETE", "", undefined, 403);
  await scene.done(ann, "POST", "/leave");
});

test("Readers of a channel are those who can see it, and each permission says what it comes from", async () => {
  const scene = await Scene.make();
  const { ann, bob } = scene;
  const [dan] = await registerUsers(1);
  await scene.join(dan, await scene.invite(ann));
  const role = await scene.addRole({ name: "Board", permissions: [] });
  const board = await scene.addChannel("board", { visibility: "private", role_ids: [role] });
  await scene.giveRole(bob, role);
  const readers = await as(bob, "GET", `/v1/conversations/${board}/readers`);
  const users = (people: (typeof ann)[]) => people.map(({ user }) => ({ user: { id: user.id } }));
  expect(readers.body).toMatchObject({ roles: [{ id: role }], items: users([ann, bob]), next_cursor: null });
  expect((await as(dan, "GET", `/v1/conversations/${board}/readers`)).status).toBe(404);
  expect((await scene.ask(dan, "GET", `/members?channel_id=${board}`)).status).toBe(404);
  const named = await scene.ask(dan, "GET", `/members?q=${bob.user.username.toUpperCase()}`);
  expect(named.body).toMatchObject({ items: users([bob]), next_cursor: null });
  const page = await as(bob, "GET", `/v1/conversations/${board}/readers?limit=1`);
  const { next_cursor: cursor } = z.object({ next_cursor: z.string() }).parse(page.body);
  const rest = await as(bob, "GET", `/v1/conversations/${board}/readers?limit=1&cursor=${cursor}`);
  expect(rest.body).toMatchObject({ items: users([bob]), next_cursor: null });

  await as(ann, "PUT", `/v1/conversations/${board}/overrides/users/${bob.user.id}`, { deny: ["files"] });
  const { body } = await as(bob, "GET", `/v1/conversations/${board}/permissions`);
  const Reasons = z.object({
    because: z.array(z.looseObject({ permission: z.string() })),
    permissions: z.array(z.string()),
  });
  const { because, permissions } = Reasons.parse(body);
  const reason = (name: string) => because.find(({ permission }) => permission === name);
  expect(permissions).toEqual(["read", "write", "threads", "reactions", "invite"]);
  expect(reason("read")).toMatchObject({ allowed: true, by: "override", role_id: role });
  expect(reason("write")).toMatchObject({ allowed: true, by: "role", role_id: 0 });
  expect(reason("files")).toMatchObject({ allowed: false, by: "override", role_id: null });
  expect(reason("ban")).toMatchObject({ allowed: false, by: "role", role_id: null });
});
