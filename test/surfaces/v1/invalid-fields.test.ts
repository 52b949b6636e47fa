import { beforeAll, expect, test } from "vitest";
import {
  type CallOptions,
  call,
  expectProblem,
  PASSWORD,
  register,
  type SignedIn,
} from "../../support/clients/api.ts";
import { allReadable, countRowsInD1, createGroup, sendAll } from "../../support/clients/chat.ts";
import { Errors } from "../../support/errors.ts";
import { sampledCases } from "../../support/sampled-cases.ts";

/** A field's type; `most`: the maximum of characters or items. */
interface Field {
  type: "text" | "integer" | "flag" | "ids" | "ids or all" | "object";
  required?: boolean;
  most?: number;
}

/** A call with a valid body. `fields` are named by their paths. */
interface Call {
  method: string;
  path: string;
  good: (scene: Scene) => Record<string, unknown>;
  fields: Record<string, Field>;
}

interface Scene {
  id: number;
  ann: SignedIn;
  bob: SignedIn;
}

const IN = "/v1/conversations/:id";
const text = { type: "text", required: true } as const;
const SEND = {
  kind: text,
  body: { type: "object", required: true },
  client_msg_id: { type: "text", most: 64 },
  quote_seq: { type: "integer" },
  mentions: { type: "ids or all", most: 100 },
} as const;
const sendOf =
  (kind: string, body: object) =>
  ({ bob }: Scene) => ({
    kind,
    body,
    quote_seq: 1,
    mentions: [bob.user.id],
  });

const CALLS: Call[] = [
  {
    method: "POST",
    path: "/v1/me/password",
    good: () => ({ current: PASSWORD, next: PASSWORD }),
    fields: { next: { ...text, most: 128 } },
  },
  {
    method: "POST",
    path: "/v1/conversations",
    good: ({ bob }) => ({ kind: "direct", user_id: bob.user.id }),
    fields: { kind: text, user_id: { type: "integer", required: true } },
  },
  {
    method: "POST",
    path: "/v1/conversations",
    good: ({ bob }) => ({ kind: "group", name: "x", member_ids: [bob.user.id], join_policy: "free" }),
    fields: {
      kind: text,
      name: { ...text, most: 100 },
      member_ids: { type: "ids", required: true },
      join_policy: { type: "text" },
    },
  },
  {
    method: "PUT",
    path: `${IN}/messages/1/saved`,
    good: () => ({ note: "x", remind_at: Date.now() + 3_600_000 }),
    fields: { note: { type: "text", most: 500 } },
  },
  {
    method: "POST",
    path: `${IN}/messages`,
    good: sendOf("text", { text: "hello" }),
    fields: { ...SEND, "body.text": { ...text, most: 8_000 } },
  },
  {
    method: "POST",
    path: `${IN}/messages`,
    good: sendOf("file", { url: "https://example.org/a", name: "a", size: 1, content_type: "x/y" }),
    fields: {
      "body.url": { ...text, most: 4_096 },
      "body.name": { type: "text", most: 255 },
      "body.size": { type: "integer" },
      "body.content_type": { type: "text", most: 255 },
      "body.width": { type: "integer" },
      "body.height": { type: "integer" },
      "body.duration_ms": { type: "integer" },
    },
  },
  {
    method: "POST",
    path: `${IN}/messages`,
    good: sendOf("face", { index: "1", data: "x" }),
    fields: { "body.index": text, "body.data": text },
  },
  {
    method: "POST",
    path: `${IN}/messages`,
    good: sendOf("custom", { data: "x", description: "y", extension: "z" }),
    fields: { "body.data": text, "body.description": text, "body.extension": text },
  },
  {
    method: "POST",
    path: `${IN}/messages`,
    good: sendOf("location", { latitude: 1, longitude: 2, address: "x" }),
    fields: { "body.address": { type: "text", most: 500 } },
  },
  {
    method: "POST",
    path: `${IN}/messages`,
    good: ({ id }) => ({ forward: { conversation_id: id, seq: 1 } }),
    fields: {
      forward: { type: "object", required: true },
      "forward.conversation_id": { type: "integer", required: true },
      "forward.seq": { type: "integer", required: true },
    },
  },
  {
    method: "POST",
    path: `${IN}/messages`,
    good: ({ id }) => ({
      kind: "merged",
      body: { title: "x", items: [{ conversation_id: id, seq: 1 }] },
    }),
    fields: { "body.title": { ...text, most: 100 }, "body.items": { type: "ids", required: true, most: 50 } },
  },
  {
    method: "PUT",
    path: `${IN}/read`,
    good: () => ({ seq: 1 }),
    fields: { seq: { type: "integer", required: true } },
  },
  {
    method: "PUT",
    path: `${IN}/preferences`,
    good: () => ({ sticky: false, silent: false, validation: false }),
    fields: { sticky: { type: "flag" }, silent: { type: "flag" }, validation: { type: "flag" } },
  },
];

const NO_TEXT = [null, 0, 1, 1e308, true, [], ["x"], {}, { $ne: "" }];
const NOT_STORABLE = ["\u0000", "a\u0000b", "\ud800", "a\udc00b", "\udc00\ud800"];
const NO_INTEGER = [
  null,
  "",
  "1",
  "1; DROP TABLE messages",
  true,
  [],
  [1],
  {},
  -1,
  0.5,
  1e308,
  -1e308,
  2 ** 53,
];

/** Values that a field of this type must refuse. */
function wrong({ type, most }: Field): unknown[] {
  switch (type) {
    case "text":
      return [...NO_TEXT, ...NOT_STORABLE, "x".repeat(Math.min((most ?? 33_000) + 1, 33_000))];
    case "integer":
      return [...NO_INTEGER];
    case "flag":
      return [null, 0, 1, "", "true", [], [true], {}];
    case "ids":
    case "ids or all": {
      const items = [...NO_INTEGER, undefined].map((item) => [item]);
      const tooMany = most === undefined ? [] : [Array.from({ length: most + 1 }, () => 1)];
      return [null, "", "ALL", 1, true, {}, { length: 0 }, ...items, ...tooMany];
    }
    case "object":
      return [null, "", "{}", 1, true, [], [{}]];
  }
}

/** A copy with the value at the path; undefined removes the field. */
function put(body: Record<string, unknown>, path: string, value: unknown): Record<string, unknown> {
  const [first = "", second] = path.split(".");
  if (second === undefined) return { ...body, [first]: value };
  return { ...body, [first]: Object.assign({}, body[first], { [second]: value }) };
}

let scene: Scene;

beforeAll(async () => {
  const [ann, bob] = await Promise.all([register(), register()]);
  const { id } = await createGroup(ann, [bob]);
  await sendAll(ann, id, ["1", "2"]);
  scene = { ann, bob, id };
});

const ask = ({ method, path }: Call, body: CallOptions["body"]) =>
  call(method, path.replace(":id", String(scene.id)), { token: scene.ann.token, body });

const CASES = CALLS.flatMap((one) =>
  Object.entries(one.fields).map(([path, field]) => [one.method, one.path, path, field, one] as const),
);

test.each(CASES)("%s %s: a wrong %s is refused and changes nothing", async (_, __, path, field, one) => {
  const state = async () => [
    await allReadable(scene.ann, scene.id),
    await allReadable(scene.bob, scene.id),
    await countRowsInD1(),
  ];
  const before = await state();
  using errors = new Errors();
  const absent = field.required ? [undefined] : [];
  for (const value of [...absent, ...sampledCases(wrong(field), 6, path.length)]) {
    const answer = await ask(one, put(one.good(scene), path, value));
    expect(answer.status, `${path}: ${String(JSON.stringify(value)).slice(0, 100)}`).toBe(400);
    expectProblem(answer, 400, "validation_failed");
  }
  expect(errors.logged).toEqual([]);
  expect(await state()).toEqual(before);
});

test.each(CALLS.map((one) => [one.method, one.path, one] as const))(
  "%s %s accepts a correct request (%#)",
  async (_, __, one) => {
    expect([200, 201, 204]).toContain((await ask(one, one.good(scene))).status);
  },
);
