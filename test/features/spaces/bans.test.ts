import { beforeEach, expect, test } from "vitest";
import { deleteAccount } from "../../support/accounts/deletion.ts";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, list, send } from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { Scene } from "./scene.ts";

let scene: Scene;
let ann: SignedIn;
let bob: SignedIn;
let eve: SignedIn;

beforeEach(async () => {
  scene = await Scene.make();
  ({ ann, bob, eve } = scene);
});

const banOf = ({ user }: SignedIn) => `/bans/${user.id}`;

test("who is banned is out at once, and no invitation lets them in until the ban is lifted", async () => {
  const { general } = scene;
  await send(bob, general, "hello");
  const code = await scene.invite(ann);
  const [room, device] = [await openRoom(general, bob.token), await openDevice(bob.token)];
  await scene.done(ann, "PUT", banOf(bob), { reason: "advertising" });
  expect(await room.closed()).toMatchObject({ code: 4001 });
  expect(await device.next("space")).toMatchObject({ space_id: scene.id });
  expectProblem(await ask(bob, general, "GET", "/messages"), 404, "not_found");
  expectProblem(await scene.ask(bob, "GET"), 404, "not_found");
  expect((await list(bob)).items).toEqual([]);
  expect((await scene.ask(ann, "GET")).body).toMatchObject({ member_count: 1 });
  for (const method of ["GET", "POST"])
    expectProblem(await call(method, `/v1/invitations/${code}`, { token: bob.token }), 403, "forbidden");
  await scene.done(ann, "PUT", banOf(bob), { reason: "again" });
  expect((await scene.ask(ann, "GET", "/bans")).body).toMatchObject({
    items: [{ user: { id: bob.user.id }, reason: "again", banned_by: ann.user.id }],
    next_cursor: null,
  });
  await scene.done(ann, "DELETE", banOf(bob));
  await scene.done(ann, "DELETE", banOf(bob));
  expect((await scene.join(bob, code)).status).toBe(200);
});

test("a ban keeps out who is not in the space, and ends with their account", async () => {
  const code = await scene.invite(ann);
  await scene.done(ann, "PUT", banOf(eve));
  expectProblem(await scene.join(eve, code), 403, "forbidden");
  expect((await scene.ask(ann, "GET")).body).toMatchObject({ member_count: 2 });
  expect((await deleteAccount(eve)).status).toBe(204);
  expect((await scene.ask(ann, "GET", "/bans")).body).toMatchObject({ items: [] });
  expectProblem(await scene.ask(ann, "PUT", banOf(eve)), 404, "not_found");
});

test("nobody bans without the permission, nor who stands at or above them", async () => {
  for (const [method, path] of [
    ["GET", "/bans"],
    ["PUT", banOf(eve)],
    ["DELETE", banOf(eve)],
  ] as const) {
    const refused = await scene.ask(bob, method, path);
    expectProblem(refused, 403, "forbidden");
    expect(refused.body).toMatchObject({ permission: "ban" });
    expectProblem(await scene.ask(eve, method, path), 404, "not_found");
  }
  await scene.giveRole(bob, await scene.addRole({ name: "Mods", permissions: ["ban"] }));
  const [dan] = await registerUsers(1);
  await scene.join(dan, await scene.invite(ann));
  await scene.giveRole(dan, await scene.addRole({ name: "Guards", permissions: ["ban"] }));
  for (const [who, target] of [
    [bob, ann],
    [bob, bob],
    [dan, bob],
  ] as const)
    expectProblem(await scene.ask(who, "PUT", banOf(target)), 403, "forbidden");
  await scene.done(bob, "PUT", banOf(dan));
  expectProblem(await scene.ask(ann, "PUT", banOf(bob), { reason: 1 }), 400, "validation_failed");
  const other = await Scene.make();
  expect((await other.join(dan, await other.invite(other.ann))).status).toBe(200);
});

test("of a ban and a joining at the same moment the ban holds, and the members are counted right", async () => {
  const code = await scene.invite(ann);
  const people = await registerUsers(4);
  const answers = await Promise.all([
    ...people.map((who) => scene.join(who, code)),
    ...people.flatMap((who) => [scene.ask(ann, "PUT", banOf(who)), scene.ask(ann, "PUT", banOf(who))]),
  ]);
  for (const { status, body } of answers)
    expect(status, JSON.stringify(body)).toBeOneOf([200, 204, 403, 404, 503]);
  for (const who of people) await scene.done(ann, "PUT", banOf(who));
  for (const who of people) expectProblem(await scene.ask(who, "GET"), 404, "not_found");
  expect((await scene.ask(ann, "GET")).body).toMatchObject({ member_count: 2 });
  expect((await scene.ask(ann, "GET", "/bans")).body).toMatchObject({ items: { length: 4 } });
});
