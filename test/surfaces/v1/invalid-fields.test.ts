import { beforeAll, expect, test } from "vitest";
import { call, expectProblem, PASSWORD, register, type SignedIn } from "../../support/clients/api.ts";
import { allReadable, countRowsInD1, createGroup, sendAll } from "../../support/clients/chat.ts";
import { Errors } from "../../support/errors.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeAll(async () => {
  [ann, bob] = [await register(), await register()];
  ({ id } = await createGroup(ann, [bob]));
  await sendAll(ann, id, ["1", "2"]);
});

const NO_TEXT = [
  null,
  0,
  1e308,
  true,
  [],
  ["x"],
  { $ne: "" },
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udc00\ud800",
];
const NO_ID = [null, "", "1", "1; DROP TABLE messages", true, [], [1], {}, -1, 0.5, 1e308, 2 ** 53];
const NO_IDS = [null, "", "ALL", 1, true, {}, { length: 0 }, ...[...NO_ID, undefined].map((one) => [one])];
const NO_FLAG = [null, 0, 1, "", "true", [], [true], {}];
const NO_OBJECT = [null, "", "{}", 1, true, [], [{}]];
const long = (most: number) => "x".repeat(most + 1);
const many = (most: number) => Array.from({ length: most + 1 }, () => 1);
const MESSAGES = "POST /v1/conversations/:id/messages";

/**
 * Correct bodies, and wrong values of their fields: fields that the examples lack, fields that must be there,
 * and what is too long. `examples.test.ts` has other types in place of what the examples have.
 */
const CALLS: [route: string, good: () => Record<string, unknown>, wrong: Record<string, unknown[]>][] = [
  [
    "POST /v1/me/password",
    () => ({ current: PASSWORD, next: PASSWORD }),
    { next: [undefined, ...NO_TEXT, long(128)] },
  ],
  [
    "POST /v1/conversations",
    () => ({ kind: "direct", user_id: bob.user.id }),
    { kind: [undefined, ...NO_TEXT], user_id: [undefined, ...NO_ID] },
  ],
  [
    "POST /v1/conversations",
    () => ({ kind: "group", name: "x", member_ids: [bob.user.id], join_policy: "free" }),
    {
      name: [undefined, ...NO_TEXT, long(100)],
      member_ids: [undefined, ...NO_IDS],
      join_policy: NO_TEXT,
      client_group_id: [...NO_TEXT, long(64)],
    },
  ],
  [
    "PUT /v1/conversations/:id/draft",
    () => ({ text: "hello" }),
    {
      ...{ text: [undefined, ...NO_TEXT, long(8_000)], client_msg_id: [...NO_TEXT, long(64)] },
      ...{ reply_to: NO_ID, thread: [undefined, ...NO_ID].map((root) => ({ root })) },
    },
  ],
  ["PUT /v1/conversations/:id/messages/1/saved", () => ({ note: "x" }), { note: [...NO_TEXT, long(500)] }],
  [
    MESSAGES,
    () => ({ kind: "text", body: { text: "hello" }, quote_seq: 1, mentions: [bob.user.id] }),
    {
      ...{ kind: [undefined, ...NO_TEXT], body: [undefined, ...NO_OBJECT], quote_seq: NO_ID },
      ...{ client_msg_id: [...NO_TEXT, long(64)], mentions: [...NO_IDS, many(100)] },
    },
  ],
  [
    MESSAGES,
    () => ({ forward: { conversation_id: id, seq: 1 } }),
    {
      forward: [
        ...[undefined, ...NO_OBJECT],
        ...[undefined, ...NO_ID].flatMap((bad) => [
          { conversation_id: bad, seq: 1 },
          { conversation_id: id, seq: bad },
        ]),
      ],
    },
  ],
  [
    MESSAGES,
    () => ({ kind: "merged", body: { title: "x", items: [{ conversation_id: id, seq: 1 }] } }),
    {
      body: [
        ...[undefined, ...NO_TEXT, long(100)].map((title) => ({
          title,
          items: [{ conversation_id: id, seq: 1 }],
        })),
        ...[undefined, ...NO_IDS, many(50)].map((items) => ({ title: "x", items })),
      ],
    },
  ],
  ["PUT /v1/conversations/:id/read", () => ({ seq: 1 }), { seq: [undefined, ...NO_ID] }],
  [
    "PUT /v1/conversations/:id/preferences",
    () => ({ sticky: false, silent: false, validation: false }),
    { sticky: NO_FLAG, silent: NO_FLAG, validation: NO_FLAG },
  ],
];

test.each(CALLS)("%s refuses wrong fields, and takes a correct request (%#)", async (route, good, wrong) => {
  const [method = "", path = ""] = route.replace(":id", String(id)).split(" ");
  const ask = (body: object) => call(method, path, { token: ann.token, body });
  const state = async () => [await allReadable(ann, id), await allReadable(bob, id), await countRowsInD1()];
  const before = await state();
  using errors = new Errors();
  for (const [field, values] of Object.entries(wrong))
    for (const value of values) {
      const answer = await ask({ ...good(), [field]: value });
      expect(answer.status, `${field}: ${String(JSON.stringify(value)).slice(0, 100)}`).toBe(400);
      expectProblem(answer, 400, "validation_failed");
    }
  expect(errors.logged).toEqual([]);
  expect(await state()).toEqual(before);
  expect([200, 201, 204]).toContain((await ask(good())).status);
});
