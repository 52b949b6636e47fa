import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { deleteAccount } from "../../support/accounts/deletion.ts";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, getConversation, list } from "../../support/clients/chat.ts";
import { openDevice, type TestSocket } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { evict } from "../../support/objects/sleep.ts";
import { as, Scene, Space } from "./scene.ts";

let scene: Scene;
let ann: SignedIn;
let bob: SignedIn;
let eve: SignedIn;
let general: ConversationId;

beforeEach(async () => {
  scene = await Scene.make();
  ({ ann, bob, eve, general } = scene);
});

test("a space is made once for a client space id", async () => {
  const body = { name: "Twice", client_space_id: "one" };
  const made = await Promise.all(Array.from({ length: 8 }, () => as(ann, "POST", "/v1/spaces", body)));
  expect(made.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
  expect(new Set(made.map((answer) => Space.parse(answer.body).id)).size).toBe(1);
  expect((await list(ann)).items.filter(({ name }) => name === "general")).toHaveLength(2);
});

test("a space is shown to its members, who are listed in the order in which they came", async () => {
  const { body } = await as(bob, "GET", "/v1/spaces");
  expect(body).toMatchObject({ items: [{ id: scene.id, name: "Garden club", description: "Soil" }] });
  const members = await scene.ask(bob, "GET", "/members?limit=1");
  expect(members.body).toMatchObject({ items: [{ user: { id: ann.user.id } }] });
  const { next_cursor: cursor } = z.object({ next_cursor: z.string() }).parse(members.body);
  const rest = await scene.ask(bob, "GET", `/members?limit=1&cursor=${cursor}`);
  expect(rest.body).toMatchObject({ items: [{ user: { id: bob.user.id } }], next_cursor: null });
});

test("a space is changed by who has the permission", async () => {
  expectProblem(await scene.ask(bob, "PATCH", "", { name: "Bob's" }), 403, "forbidden");
  const changed = await scene.ask(ann, "PATCH", "", { name: "Gardeners" });
  expect(changed).toMatchObject({ status: 200, body: { name: "Gardeners", description: "Soil" } });
  expectProblem(await scene.ask(bob, "POST", "/channels", { name: "bobs" }), 403, "forbidden");
  expectProblem(await scene.ask(bob, "DELETE", `/members/${ann.user.id}`), 403, "forbidden");
  expectProblem(await scene.ask(bob, "DELETE"), 403, "forbidden");
});

test("a space does not exist for others", async () => {
  const calls: (readonly [string, string, object?])[] = [
    ["GET", ""],
    ["PATCH", "", { name: "x" }],
    ["DELETE", ""],
    ["GET", "/members"],
    ["DELETE", `/members/${bob.user.id}`],
    ["POST", "/leave"],
    ["GET", "/channels"],
    ["POST", "/channels", { name: "x" }],
    ["GET", "/invitations"],
    ["POST", "/invitations", {}],
    ["DELETE", "/invitations/S-0"],
  ];
  for (const [method, path, body] of calls)
    expectProblem(await scene.ask(eve, method, path, body), 404, "not_found");
  expect((await as(eve, "GET", "/v1/spaces")).body).toEqual({ items: [], next_cursor: null });
});

test("a space lets in as many as an invitation says", async () => {
  const code = await scene.invite(bob, { max_uses: 1 });
  const [dan] = await registerUsers(1);
  const look = await call("GET", `/v1/invitations/${code}`);
  expect(look.body).toMatchObject({ space: { name: "Garden club", member_count: 2 }, state: "none" });
  const both = await Promise.all([eve, dan].map((who) => scene.join(who, code)));
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 404]);
  expect((await scene.ask(ann, "GET")).body).toMatchObject({ member_count: 3 });
  expectProblem(await call("GET", `/v1/invitations/${code}`), 404, "not_found");
});

test("a space ends an invitation with the membership of who made it", async () => {
  const code = await scene.invite(bob);
  expect((await scene.ask(bob, "POST", "/leave")).status).toBe(204);
  expectProblem(await scene.join(eve, code), 404, "not_found");
});

test.each(["in use", "asleep"])("a space is dissolved with its channels, which are %s", async (how) => {
  if (how === "asleep") await evict(general);
  expect((await scene.ask(ann, "DELETE")).status).toBe(204);
  for (const who of [ann, bob]) {
    expectProblem(await scene.ask(who, "GET"), 404, "not_found");
    expectProblem(await ask(who, general, "GET", ""), 404, "not_found");
    expect((await list(who)).items).toEqual([]);
  }
});

test("a member sees and withdraws their own invitations, who manages the space all", async () => {
  const [ofAnn, ofBob] = [await scene.invite(ann), await scene.invite(bob)];
  const codes = async (who: SignedIn) => {
    const { body } = await scene.ask(who, "GET", "/invitations");
    return z
      .object({ items: z.array(z.object({ code: z.string() })) })
      .parse(body)
      .items.map(({ code }) => code);
  };
  expect(await codes(bob)).toEqual([ofBob]);
  expect(await codes(ann)).toEqual(expect.arrayContaining([ofAnn, ofBob]));
  expect((await scene.ask(bob, "DELETE", `/invitations/${ofAnn}`)).status).toBe(204);
  expect(await codes(ann)).toContain(ofAnn);
  expect((await scene.ask(ann, "DELETE", `/invitations/${ofBob}`)).status).toBe(204);
  expectProblem(await scene.join(eve, ofBob), 404, "not_found");
});

test("the owner of a space dissolves it before their account is deleted", async () => {
  const refused = await deleteAccount(ann);
  expectProblem(refused, 409, "conflict");
  expect(refused.body).toMatchObject({ detail: expect.stringContaining(`space ${scene.id}: dissolve it`) });
  expect((await scene.ask(ann, "DELETE")).status).toBe(204);
  expect((await deleteAccount(ann)).status).toBe(204);
});

test("a deleted account is in no space", async () => {
  expect((await deleteAccount(bob)).status).toBe(204);
  expect((await scene.ask(ann, "GET")).body).toMatchObject({ member_count: 1 });
  await eventually(async () => expect((await getConversation(ann, general)).member_count).toBe(1));
});

test("devices are told of the spaces of their users", async () => {
  const [ofBob, ofEve] = [await openDevice(bob.token), await openDevice(eve.token)];
  const told = async (device: TestSocket) =>
    expect(await device.next("space")).toMatchObject({ space_id: scene.id });
  await scene.addChannel("seeds");
  await told(ofBob);
  expect((await scene.ask(ann, "PATCH", "", { name: "Gardeners" })).status).toBe(200);
  await told(ofBob);
  expect((await scene.join(eve, await scene.invite(ann))).status).toBe(200);
  await told(ofEve);
  expect((await scene.ask(ann, "DELETE", `/members/${eve.user.id}`)).status).toBe(204);
  await told(ofEve);
  expect((await scene.ask(ann, "DELETE")).status).toBe(204);
  await told(ofBob);
  expect(ofEve.of("space")).toHaveLength(2);
});
