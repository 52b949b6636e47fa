import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { LIMITS } from "../../../src/domain/limits.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { page } from "../../support/clients/chat.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { createGroupId, itemAt } from "../../support/objects/room.ts";
import { perRun, sampledCases } from "../../support/sampled-cases.ts";
import { type HookWithUrl, makeHook, post, posted } from "./client.ts";

/** What a service posts, as it documents it, and what becomes of it; null: no message. */
const Fixture = z.object({
  headers: z.record(z.string(), z.string()).default({}),
  post: z.unknown(),
  becomes: z
    .object({ text: z.string(), name: z.string().optional(), avatar: z.string().optional() })
    .nullable(),
});

const FIXTURES = Object.entries(
  import.meta.glob("/src/surfaces/incoming/*/fixtures/**/*.json", { eager: true, import: "default" }),
).map(([path, fixture]) => {
  const [, shape = "", name = ""] = /incoming\/([a-z]+)\/fixtures\/(.+)\.json$/.exec(path) ?? [];
  return { shape, name, ...Fixture.parse(fixture) };
});

let ann: SignedIn;
let id: number;
let hook: HookWithUrl;

beforeAll(async () => {
  ann = itemAt(await signedInUsers(1), 0);
});

/** A group with a hook, of whose rate nothing is used. */
async function begin(): Promise<void> {
  id = await createGroupId(ann);
  hook = await makeHook(ann, id);
}

const messages = async () => (await page(ann, id)).items;
const texts = async () => (await messages()).map(({ body }) => body.text);

describe.each(Object.entries(Object.groupBy(FIXTURES, ({ shape }) => shape)))(
  "%s",
  (shape, fixtures = []) => {
    test("has fixtures", () => {
      expect(fixtures.length).toBeGreaterThanOrEqual(shape === "github" ? 30 : 2);
    });

    test("takes its documented payloads as they are", async () => {
      await begin();
      freezeClock();
      for (const { name, headers, post: body, becomes } of fixtures) {
        const before = (await messages()).length;
        // Each has a delivery of its own.
        const own = headers["X-GitHub-Delivery"] ? { "X-GitHub-Delivery": name } : {};
        const response = await post(`${hook.url}/${shape}`, body, { ...headers, ...own });
        expect(response.status, name).toBeLessThan(300);
        const found = (await messages()).slice(before);
        expect(found, name).toHaveLength(becomes ? 1 : 0);
        if (!becomes) continue;
        expect(found[0]?.body, name).toEqual({ text: becomes.text });
        expect(found[0]?.sender, name).toMatchObject({
          ...{ nickname: becomes.name ?? "Builds", avatar: becomes.avatar ?? "" },
          hook: { id: hook.id, name: "Builds" },
        });
        advanceClock(1_000);
      }
    });

    test.each(["", "{", "null", "[]", '"text"', "7", '{"alerts": 7}', "{}"])("refuses %j", async (body) => {
      await begin();
      const response = await post(`${hook.url}/${shape}`, body);
      expect(response.status).toBe(400);
      expect(await messages()).toEqual([]);
    });
  },
);

const WITH_MESSAGE = FIXTURES.filter(({ becomes }) => becomes);

/** Values where others are expected: what is of another form is left out. */
const ODD: unknown[] = [null, 7, "x", [], [null, 7, [[]]], {}, { type: 7 }, { text: { text: {} } }, true];

test.each(sampledCases(WITH_MESSAGE, perRun(8, WITH_MESSAGE.length)))(
  "$shape/$name: fields of another form are left out",
  async (fixture) => {
    await begin();
    freezeClock();
    const fields = z.record(z.string(), z.unknown()).parse(fixture.post);
    const keys = Object.keys(fields).slice(0, 40);
    for (const [i, key] of keys.entries()) {
      const body = { ...fields, [key]: ODD[i % ODD.length] };
      const headers = {
        ...fixture.headers,
        ...(fixture.headers["X-GitHub-Delivery"] && { "X-GitHub-Delivery": key }),
      };
      const { status } = await posted(`${hook.url}/${fixture.shape}`, body, headers);
      expect([200, 201, 204, 400], key).toContain(status);
      advanceClock(1_000);
    }
  },
);

describe("slack", () => {
  test("answers as Slack does", async () => {
    await begin();
    expect(await posted(`${hook.url}/slack`, { text: "hi" })).toEqual({ status: 200, body: "ok" });
    expect(await posted(`${hook.url}/slack`, { text: "" })).toEqual({ status: 400, body: "invalid_payload" });
    const wrong = hook.url.replace(/.{32}$/, "0".repeat(32));
    expect(await posted(`${wrong}/slack`, { text: "hi" })).toEqual({ status: 404, body: "no_service" });
    const form = String(new URLSearchParams({ payload: '{"text": "in a form"}' }));
    const type = { "Content-Type": "application/x-www-form-urlencoded" };
    expect((await post(`${hook.url}/slack`, form, type)).status).toBe(200);
    expect(await texts()).toEqual(["hi", "in a form"]);
  });

  test("leaves out scripts and control characters", async () => {
    await begin();
    await post(`${hook.url}/slack`, { text: "<javascript:alert(1)|click> a\u0000b\u0007c" });
    expect(await texts()).toEqual(["click abc"]);
  });

  test("cuts a text that is longer than a message", async () => {
    await begin();
    expect((await post(`${hook.url}/slack`, { text: "é".repeat(20_000) })).status).toBe(200);
    const [text = ""] = z.array(z.string()).parse(await texts());
    expect([...text]).toHaveLength(LIMITS.textLength);
    expect(text.endsWith("é …")).toBe(true);
  });
});

describe("discord", () => {
  test("answers as Discord does, and with ?wait with the message", async () => {
    await begin();
    expect(await posted(`${hook.url}/discord`, { content: "hi" })).toEqual({ status: 204, body: "" });
    expect(await posted(`${hook.url}/discord?wait=true`, { content: "hi", username: "CI" })).toMatchObject({
      status: 200,
      body: { id: "2", content: "hi", author: { username: "CI", bot: true }, webhook_id: hook.id },
    });
    expect(await posted(`${hook.url}/discord`, { content: " " })).toMatchObject({
      ...{ status: 400, body: { code: 50_006, message: expect.any(String) } },
    });
    const wrong = hook.url.replace(/.{32}$/, "0".repeat(32));
    expect(await posted(`${wrong}/discord`, { content: "hi" })).toMatchObject({
      ...{ status: 404, body: { code: 10_015 } },
    });
  });

  test("takes posts where Discord has its webhooks, as discord.js sends them", async () => {
    await begin();
    const [hookId = "", token = ""] = hook.url.split("/").slice(-2);
    const at = (root: string, end = "") => `https://parley.test${root}/${hookId}/${token}${end}`;
    expect(await posted(at("/api/v10/webhooks", "?wait=true"), { content: "hi" })).toMatchObject({
      ...{ status: 200, body: { content: "hi", webhook_id: hookId } },
    });
    expect((await post(at("/api/webhooks"), { content: "old" })).status).toBe(204);
    expect(await posted(at("/api/v10/webhooks", "/slack"), { text: "*s*" })).toEqual({
      ...{ status: 200, body: "ok" },
    });
    const { headers, post: body } = fixtureOf("github", "talk/star");
    expect((await post(at("/api/v9/webhooks", "/github"), body, headers)).status).toBe(201);
    expect((await texts()).slice(0, 3)).toEqual(["hi", "old", "**s**"]);
    const wrong = `https://parley.test/api/v10/webhooks/${hookId}/${"0".repeat(32)}`;
    expect(await posted(wrong, { content: "hi" })).toMatchObject({ status: 404, body: { code: 10_015 } });
  });

  test("takes files, and other shapes leave them out beside the JSON", async () => {
    await begin();
    const form = new FormData();
    form.set("payload_json", JSON.stringify({ content: "with a file" }));
    form.set("files[0]", new File(["x"], "log.txt"));
    const discord = new Request(`${hook.url}/discord`, { method: "POST", body: form });
    expect((await exports.default.fetch(discord)).status).toBe(204);
    form.set("payload", JSON.stringify({ text: "without it" }));
    const slack = new Request(`${hook.url}/slack`, { method: "POST", body: form });
    expect((await exports.default.fetch(slack)).status).toBe(200);
    expect((await messages()).map(({ body }) => body.caption ?? body.text)).toEqual([
      "with a file",
      "without it",
    ]);
  });
});

const fixtureOf = (shape: string, name: string) =>
  itemAt(
    FIXTURES.filter((one) => one.shape === shape && one.name === name),
    0,
  );

describe("a repeat is the same message", () => {
  test("of a delivery of GitHub", async () => {
    await begin();
    const { headers, post: body } = fixtureOf("github", "code/push");
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await post(`${hook.url}/github`, body, headers)).status);
    expect(statuses).toEqual([201, 200, 200]);
    const other = { ...headers, "X-GitHub-Delivery": "another" };
    expect((await post(`${hook.url}/github`, body, other)).status).toBe(201);
    expect(await messages()).toHaveLength(2);
  });

  test.each(["grafana", "alertmanager"])("of the alerts of %s, until one changes", async (shape) => {
    await begin();
    const firing = fixtureOf(shape, "firing").post;
    expect((await post(`${hook.url}/${shape}`, firing)).status).toBe(201);
    expect((await post(`${hook.url}/${shape}`, firing)).status).toBe(200);
    expect((await post(`${hook.url}/${shape}`, fixtureOf(shape, "resolved").post)).status).toBe(201);
    const fields = z.looseObject({ alerts: z.array(z.looseObject({})) }).parse(firing);
    const later = fields.alerts.map((alert) => ({ ...alert, startsAt: "2026-01-01T00:00:00Z" }));
    expect((await post(`${hook.url}/${shape}`, { ...fields, alerts: later })).status).toBe(201);
    expect(await messages()).toHaveLength(3);
  });
});
