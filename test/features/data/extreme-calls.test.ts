import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ServerScope } from "../../../src/domain/server/server-key.ts";
import { v1 } from "../../../src/surfaces/v1/app.ts";
import { describe as documented, operations } from "../../../src/surfaces/v1/openapi/document.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { Errors } from "../../support/errors.ts";
import { sampledCases } from "../../support/sampled-cases.ts";
import { type Filling, type Leaf, Leaves } from "../../support/surfaces/extreme-values.ts";
import { expectShowable } from "../../support/surfaces/showable.ts";
import { exportAll } from "./records.ts";

let key = "";
let ann: SignedIn;
let ben: SignedIn;
/** whom calls of staff and of backends are about */
let subject: SignedIn;
let id = 0;
/** where nobody sends: for hooks */
let quiet = 0;

const POLL = { question: "?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 };

const inAnHour = () => Date.now() + 3_600_000;

/** What the fields of bodies hold, by their names. */
const NAMES: Record<string, () => unknown> = {
  ...{
    conversation_id: () => id,
    conversations: () => quiet,
    seq: () => 3,
    root: () => 1,
    quote_seq: () => 1,
  },
  ...Object.fromEntries(
    ["user_id", "member_ids", "user_ids", "mentions", "as", "only_for"].map((field) => [
      field,
      () => ben.user.id,
    ]),
  ),
  ...Object.fromEntries(
    ["send_at", "remind_at", "expires_at", "until", "muted_until"].map((field) => [field, inAnHour]),
  ),
  ...{ ends_at: () => 0, expires_in_s: () => 3_600, url: () => "https://example.org/x" },
  endpoint: () => "https://fcm.googleapis.com/fcm/send/x",
  ...{ client_msg_id: () => crypto.randomUUID(), external_id: () => `e-${crypto.randomUUID()}` },
};
const fill: Filling = (field) => NAMES[field]?.();

/** The parts of paths, by their names. */
const PARTS: Record<string, () => string> = {
  ...{ id: () => String(id), cref: () => String(id), seq: () => "1", key: () => "%F0%9F%91%8D" },
  ...{ user_id: () => String(subject.user.id), ref: () => String(subject.user.id) },
};

/** What the schema of a body does not say that it needs. */
const BESIDE: Record<string, object> = {
  "PATCH /v1/conversations/{id}/messages/{seq}": { body: { text: "edited" }, base_version: 1 },
  "PUT /v1/server/conversations/{cref}": { kind: "group" },
  "POST /v1/server/hooks": { events: ["message.sending"] },
  "PUT /v1/push/{device_id}": {
    keys: {
      p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
      auth: "BTBZMqHH6r4Tts7J_aSIgg",
    },
  },
};
/** Hooks of other conversations would be told of what later files do. */
afterAll(async () => {
  for (const hook of await hooks()) await call("DELETE", `/v1/server/hooks/${hook}`, { token: key });
});

async function hooks(): Promise<string[]> {
  const { body } = await call("GET", "/v1/server/hooks", { token: key });
  return z
    .object({ items: z.array(z.object({ id: z.string() })) })
    .parse(body)
    .items.map(({ id: hook }) => hook);
}

interface Case {
  name: string;
  method: string;
  path: string;
  leaf: Leaf;
  isQuery: boolean;
  isPoll: boolean;
  /** the query that the call needs besides */
  needed: Record<string, string>;
}

const Parameters = z.array(
  z.object({ name: z.string(), in: z.string(), required: z.boolean().default(false), schema: z.unknown() }),
);
const Content = z.object({ content: z.record(z.string(), z.object({ schema: z.unknown() })) });

/** Those that would end what the others need, or take no JSON. */
const LEFT_OUT = new Set(["/v1/server/imports", "/v1/server/backup/read", "/v1/server/backup/write"]);

const cases = read();

function read(): Case[] {
  const document = documented(v1.router);
  const leaves = new Leaves(z.record(z.string(), z.unknown()).parse(document.components?.schemas), fill);
  return operations(document).flatMap(({ method, path, operation }): Case[] => {
    if (LEFT_OUT.has(path)) return [];
    const queries = Parameters.parse(operation.parameters ?? []).filter((one) => one.in === "query");
    const body = Content.safeParse(operation.requestBody).data?.content["application/json"]?.schema;
    const needed = queries
      .filter(({ required }) => required)
      .map(({ name, schema }) => [name, String(leaves.right(schema, name))]);
    const at = { method: method.toUpperCase(), path, isPoll: path.includes("/votes") };
    const name = (leaf: Leaf) => `${at.method} ${path} ${leaf.path}`;
    return [
      ...queries.flatMap(({ name, schema }) =>
        leaves.of(schema, name).map((leaf) => ({ leaf, isQuery: true })),
      ),
      ...leaves.of(body).map((leaf) => ({ leaf, isQuery: false })),
    ].map((one) => ({ ...at, ...one, needed: Object.fromEntries(needed), name: name(one.leaf) }));
  });
}

beforeAll(async () => {
  key = (await makeServerKey([...ServerScope.options])).text;
  [ann, ben, subject] = await signedInUsers(3);
  ({ id } = await createGroup(ann, [ben, subject]));
  quiet = (await createGroup(ann, [ben])).id;
  await send(ann, id, "hello");
  await send(ann, id, { kind: "poll", body: POLL });
  await send(ben, id, "of somebody else");
});

function ask({ method, path, leaf, needed, isQuery, isPoll }: Case, given: { value: unknown } | "right") {
  const filled = path
    .replace("{seq}", isPoll ? "2" : "1")
    .replaceAll(/\{(\w+)\}/g, (_, part: string) => PARTS[part]?.() ?? "1");
  const json = given === "right" ? leaf.right() : isQuery ? given.value : leaf.make(given.value);
  const query = isQuery ? `?${new URLSearchParams({ ...needed, [leaf.path]: String(json) })}` : "";
  const isOfBackend = path.startsWith("/v1/server") || path.startsWith("/v1/moderation");
  const headers = { Authorization: `Bearer ${isOfBackend ? key : ann.token}`, "Parley-Reason": "x" };
  const [own = ""] = leaf.path.split(".");
  const beside = path === "/v1/server/hooks" ? { conversations: [quiet] } : {};
  const body = isQuery
    ? undefined
    : Object.assign(beside, json, BESIDE[`${method} ${path}`], pick(json, own));
  const settings = { RATE_LIMITS: "off" };
  return wire({ method, path: filled + query, headers, settings, ...(body !== undefined && { body }) });
}

const Failure = z.looseObject({
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string() })).optional(),
});

/** A field of JSON with its value; `{}`: it is not there. */
function pick(json: unknown, field: string): object {
  const value = z.looseObject({}).parse(json)[field];
  return value === undefined ? {} : { [field]: value };
}

/** The paths of a refusal; null: it is none of the values. */
function refusedPaths({ status, body }: { status: number; body: unknown }): string[] | null {
  const failure = Failure.safeParse(body).data;
  if (status !== 400 || failure?.code !== "validation_failed") return null;
  return failure.errors?.map(({ path }) => path) ?? [failure.detail];
}

/** What some kinds of a send alone take. */
const NOT_OF_ALL = ["only_for", "buttons.url"];

test("each call with a number or an address takes a right one", async () => {
  const refused: string[] = [];
  for (const one of sampledCases(
    cases.filter(({ leaf }) => !NOT_OF_ALL.includes(leaf.path)),
    80,
  )) {
    const answer = await ask(one, "right");
    if (answer.status >= 500 || refusedPaths(answer))
      refused.push(`${one.name}: ${JSON.stringify(answer.body)}`);
  }
  expect(refused).toEqual([]);
});

/** Everything of the world that can be read. */
async function readAll(): Promise<unknown> {
  const of = `/v1/conversations/${id}`;
  const own = [
    "/v1/conversations",
    "/v1/me",
    "/v1/friends",
    "/v1/saved",
    "/v1/scheduled",
    "/v1/sessions",
    of,
  ];
  const inside = ["members", "messages?limit=100", "messages?after=0&limit=100", "messages/search?q=hello"];
  const staff = [`users/${subject.user.id}`, "users?q=s", "reports?state=open", "audit"];
  const backend = [`users/${subject.user.id}`, `conversations/${id}`, "keys", "hooks", "users"];
  const calls: [string, string][] = [
    ...[...own, ...inside.map((path) => `${of}/${path}`)].map((path): [string, string] => [path, ann.token]),
    ...staff.map((path): [string, string] => [`/v1/moderation/${path}`, key]),
    ...backend.map((path): [string, string] => [`/v1/server/${path}`, key]),
  ];
  const read: unknown[] = [];
  for (const [path, token] of calls) {
    const { status, body } = await call("GET", path, { token });
    expect(status, `${path}: ${JSON.stringify(body)}`).toBe(200);
    expectShowable(body, path);
    read.push(body);
  }
  for (const hook of await hooks()) {
    const { status } = await call("GET", `/v1/server/hooks/${hook}/deliveries?state=failed`, { token: key });
    expect(status).toBe(200);
  }
  expect((await exportAll(key, `/v1/server/conversations/${id}/export`)).records.length).toBeGreaterThan(3);
  return read;
}

const EXTREMES = cases.flatMap((one) => one.leaf.values.map((value) => ({ one, value })));

test("an extreme value is refused with its field, or all can be read again", async () => {
  using errors = new Errors();
  for (const { one, value } of sampledCases(EXTREMES, 400)) {
    const answer = await ask(one, { value });
    const what = `${one.name} ${JSON.stringify(value)}: ${answer.status} ${JSON.stringify(answer.body)}`;
    expect(answer.status, what).toBeLessThan(500);
    const field = one.leaf.path.split(".").at(-1) ?? "";
    const paths = refusedPaths(answer);
    if (paths && !NOT_OF_ALL.includes(one.leaf.path))
      expect(
        paths.some((path) => path.includes(field) || path === "body" || path.endsWith(".body")),
        what,
      ).toBe(true);
    if (answer.status < 300) expectShowable(answer.body, what);
  }
  await readAll();
  expect(errors.logged).toEqual([]);
  // Every case is some four thousand calls.
}, 240_000);
