import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/domain/limits.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, openDirect, page } from "../../support/clients/chat.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { hooksOf, makeHook, post, posted, rotate } from "./client.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await signedInUsers(2);
});

const SHAPES = "slack discord github grafana alertmanager gitlab gitea forgejo sentry kuma".split(" ");
const NOT_THERE = { status: 404, body: { code: "not_found", detail: expect.any(String) } };

describe("a hook", () => {
  test("shows its URL once, and is listed without it", async () => {
    const id = await createGroupId(ann, bob);
    const { url, ...hook } = await makeHook(ann, id, { avatar: "https://ci.example.org/logo.png" });
    expect(hook).toMatchObject({ name: "Builds", avatar: "https://ci.example.org/logo.png" });
    expect(url).toMatch(/^https:\/\/parley\.test\/hooks\/[0-9a-z]+-[0-9a-f]{16}\/[0-9a-f]{32}$/);
    const other = await makeHook(ann, id);
    expect(other.url).not.toBe(url);
    expect((await hooksOf(ann, id)).map((one) => one.id).sort()).toEqual([hook.id, other.id].sort());
    expect(await hooksOf(ann, id)).toContainEqual(hook);
  });

  test.each([
    [{ name: "" }, "body.name"],
    [{ name: "x".repeat(101) }, "body.name"],
    [{ name: "all" }, "body.name"],
    [{ avatar: "javascript:alert(1)" }, "body.avatar"],
    [{ avatar: "https://user:password@a.example/" }, "body.avatar"],
  ])("is not made of %j", async (fields, path) => {
    const id = await createGroupId(ann);
    const answer = await ask(ann, id, "POST", "/hooks", { name: "Builds", ...fields });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    expect(await hooksOf(ann, id)).toEqual([]);
  });

  test("is one of ten of its group", async () => {
    const id = await createGroupId(ann);
    for (let i = 0; i < LIMITS.incomingHooks; i++) await makeHook(ann, id, { name: `Hook ${i}` });
    expectProblem(await ask(ann, id, "POST", "/hooks", { name: "One more" }), 409, "conflict");
    const [first] = await hooksOf(ann, id);
    expect((await ask(ann, id, "DELETE", `/hooks/${first?.id}`)).status).toBe(204);
    await makeHook(ann, id, { name: "One more" });
  });

  test("is made by a key that acts as an admin too, and in no direct conversation", async () => {
    const id = await createGroupId(ann, bob);
    const { text: token } = await makeServerKey(["act"]);
    const headers = { "Parley-User": String(ann.user.id) };
    const made = await call("POST", `/v1/conversations/${id}/hooks`, {
      ...{ token, headers, body: { name: "By a key" } },
    });
    expect(made.status).toBe(201);
    const { id: direct } = await openDirect(ann, bob);
    expectProblem(await ask(ann, direct, "POST", "/hooks", { name: "Mine" }), 403, "forbidden");
  });

  test("of another group cannot be listed, rotated or deleted", async () => {
    const [id, other] = [await createGroupId(ann), await createGroupId(bob)];
    const { id: hook, url } = await makeHook(bob, other);
    expect(await hooksOf(ann, id)).toEqual([]);
    expectProblem(await ask(ann, id, "POST", `/hooks/${hook}/rotate`), 404, "not_found");
    expect((await ask(ann, id, "DELETE", `/hooks/${hook}`)).status).toBe(204);
    expect((await post(url, { text: "still there" })).status).toBe(201);
  });
});

describe("a URL", () => {
  test("ends with a rotation, and with its hook, and its messages stay", async () => {
    const id = await createGroupId(ann);
    const { id: hook, url } = await makeHook(ann, id);
    expect((await post(url, { text: "first" })).status).toBe(201);
    const rotated = await rotate(ann, id, hook);
    expect(rotated).toMatchObject({ id: hook, name: "Builds" });
    expect(await posted(url, { text: "late" })).toEqual(NOT_THERE);
    expect((await post(rotated.url, { text: "second" })).status).toBe(201);
    expect((await ask(ann, id, "DELETE", `/hooks/${hook}`)).status).toBe(204);
    expect((await ask(ann, id, "DELETE", `/hooks/${hook}`)).status).toBe(204);
    expect(await posted(rotated.url, { text: "late" })).toEqual(NOT_THERE);
    const texts = (await page(ann, id)).items.map(({ body }) => body);
    expect(texts).toEqual([{ text: "first" }, { text: "second" }]);
  });

  test("ends with its group", async () => {
    const id = await createGroupId(ann, bob);
    const { url } = await makeHook(ann, id);
    expect((await ask(ann, id, "DELETE", "")).status).toBe(204);
    expect(await posted(url, { text: "late" })).toEqual(NOT_THERE);
  });

  test("with another secret, another hook or another group is as one that never was", async () => {
    const id = await createGroupId(ann);
    const { id: hook, url } = await makeHook(ann, id);
    const { id: other } = await makeHook(ann, id);
    const secret = url.slice(-32);
    const urls = [
      `https://parley.test/hooks/${hook}/${secret.replace(/.$/, (last) => (last === "0" ? "1" : "0"))}`,
      `https://parley.test/hooks/${hook}/x`,
      `https://parley.test/hooks/${other}/${secret}`,
      `https://parley.test/hooks/zzzzz-${"0".repeat(16)}/${secret}`,
      `https://parley.test/hooks/${hook.replace("-", "1-")}/${secret}`,
      `https://parley.test/hooks/none/${secret}`,
    ];
    const answers = await Promise.all(urls.map((one) => posted(one, { text: "guess" })));
    for (const answer of answers) expect(answer).toEqual({ ...NOT_THERE, body: answers[0]?.body });
    // Whatever the shape, nothing of a body is read: each of these would be another failure.
    for (const shape of ["", ...SHAPES.map((name) => `/${name}`)])
      for (const body of ["{", "x".repeat(LIMITS.hookPostBytes + 1)])
        expect((await posted(`${urls[0]}${shape}`, body)).status, shape).toBe(404);
    expect((await posted(`${urls[0]}/github`, {}, { "X-GitHub-Event": "watch" })).status).toBe(404);
    expect((await page(ann, id)).items).toEqual([]);
  });

  test("takes nothing but POST, and no shape that it does not know", async () => {
    const { url } = await makeHook(ann, await createGroupId(ann));
    expect(await posted(`${url}/telegram`, { text: "hello" })).toMatchObject({ status: 404 });
    expect((await fetchWith("GET", url)).status).toBe(405);
  });
});

async function fetchWith(method: string, url: string): Promise<Response> {
  return exports.default.fetch(new Request(url, { method }));
}
