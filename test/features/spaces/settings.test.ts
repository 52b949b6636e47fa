import { afterEach, beforeAll, expect, test } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { type Answer, call, expectProblem, register } from "../../support/clients/api.ts";
import { setMaxSpaceMembers, setPolicy } from "../../support/settings.ts";
import { as, Scene } from "./scene.ts";

let scene: Scene;
let key = "";
let restore = () => {};
afterEach(() => restore());

beforeAll(async () => {
  scene = await Scene.make();
  key = (await makeServerKey(["conversations", "act"])).text;
});

const byUser = () => as(scene.ann, "POST", "/v1/spaces", { name: "Other club" });
const acting = () =>
  call("POST", "/v1/spaces", {
    ...{ token: key, headers: { "Parley-User": String(scene.ann.user.id) } },
    body: { name: "Acting club" },
  });
const byServer = () =>
  call("PUT", `/v1/server/spaces/ext:${crypto.randomUUID()}`, {
    ...{ token: key, body: { name: "Team", owner: scene.ann.user.id } },
  });
const channel = () => scene.ask(scene.ann, "POST", "/channels", { name: "more" });

const expectMade = (answer: Answer, isMade: boolean) =>
  isMade
    ? expect(answer.status, JSON.stringify(answer.body)).toBe(201)
    : expectProblem(answer, 403, "forbidden");

test.each([
  { spaces: "anyone", groups: "server", may: { user: true, server: true, channels: true } },
  { spaces: "server", groups: "anyone", may: { user: false, server: true, channels: true } },
  { spaces: "", groups: "server", may: { user: false, server: true, channels: false } },
  { spaces: "off", groups: "anyone", may: { user: false, server: false, channels: true } },
] as const)("with SPACES=$spaces and GROUPS=$groups", async ({ spaces, groups, may }) => {
  const restored = [setPolicy("SPACES", spaces), setPolicy("GROUPS", groups)];
  restore = () => restored.forEach((one) => void one());
  expectMade(await byUser(), may.user);
  expectMade(await acting(), may.server);
  expectMade(await byServer(), may.server);
  expectMade(await channel(), may.channels);
});

test("MAX_SPACE_MEMBERS bounds who comes in by an invitation and by a backend", async () => {
  restore = setMaxSpaceMembers(2);
  const code = await scene.invite(scene.ann);
  expectProblem(await scene.join(scene.eve, code), 409, "conflict");
  const add = { add: [{ ref: scene.eve.user.id }] };
  const path = `/v1/server/spaces/${scene.id}`;
  const answer = await call("PATCH", `${path}/members`, { token: key, body: add });
  expect(answer.body).toMatchObject({ items: [{ result: "failed", problem: { code: "conflict" } }] });
  const { user } = await register();
  expectProblem(await call("PUT", path, { token: key, body: { members: [user.id] } }), 409, "conflict");
  restore();
  expect((await scene.join(scene.eve, code)).status).toBe(200);
});
