import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { v1 } from "../../../src/surfaces/v1/app.ts";
import { describe, operations } from "../../../src/surfaces/v1/openapi/document.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { type WireAnswer, wire } from "../../support/clients/wire.ts";
import { Errors } from "../../support/errors.ts";
import { itemAt } from "../../support/objects/room.ts";
import { sampledCases } from "../../support/sampled-cases.ts";

/** The JSON of a request body, with its examples. */
const Json = z.object({
  example: z.unknown().optional(),
  examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
});
const Failure = z.looseObject({ code: z.string().optional(), errors: z.unknown().optional() });
const Fields = z.record(z.string(), z.unknown());

/** The examples that the reference shows of requests, each with its call. */
const EXAMPLES = operations(describe(v1.router)).flatMap(({ method, path, operation }) => {
  const { requestBody } = operation;
  const json = requestBody && "content" in requestBody && requestBody.content["application/json"];
  if (!json) return [];
  const { example, examples = {} } = Json.parse(json);
  const all = example === undefined ? Object.values(examples).map(({ value }) => value) : [example];
  return all.map((body): [string, string, unknown] => [method.toUpperCase(), path, body]);
});

let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeAll(async () => {
  const users = await signedInUsers(2);
  [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  ({ id } = await createGroup(ann, [bob]));
  await send(ann, id, "hello");
  const poll = { question: "?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 };
  await send(ann, id, { kind: "poll", body: poll });
});

function ask(method: string, path: string, body: unknown): Promise<WireAnswer> {
  const filled = path
    .replace(/conversations\/\{id\}/, `conversations/${id}`)
    .replace("{seq}/votes", "2/votes")
    .replace("{user_id}", String(bob.user.id))
    .replaceAll(/\{\w+\}/g, "1");
  return wire({ method, path: filled, headers: { Authorization: `Bearer ${ann.token}` }, body });
}

test.each(EXAMPLES)("%s %s takes the example %j", async (method, path, body) => {
  const { status, body: answer } = await ask(method, path, body);
  const { code, errors } = status < 400 ? {} : Failure.parse(answer);
  // The ids of an example belong to nobody here, and its password is not Ann's. Its form is right.
  expect([status < 500, code === "validation_failed", errors]).toEqual([true, false, undefined]);
});

/** Values that no field takes that has a value like this one. */
function wrongLike(value: unknown): unknown[] {
  if (Array.isArray(value)) return ["", "ALL", 1, true, {}, { length: 0 }, [{}], [true]];
  switch (typeof value) {
    case "string":
      return [0, 1e308, true, [], ["x"], {}, { $ne: "" }, "\u0000", "a\ud800b"];
    case "number":
      return [
        ...["", "1; DROP TABLE messages", true, [], [1], {}, -1e308, 2 ** 53],
        // A latitude may be a fraction.
        ...(Number.isInteger(value) ? [0.5] : []),
      ];
    case "boolean":
      return [0, 1, "", "true", [], [true], {}];
    default:
      return ["", "{}", 1, true, [], [{}]];
  }
}

/** The example with another value in place of each of its values, two levels deep. */
function spoiled(body: Record<string, unknown>): [field: string, body: unknown][] {
  return Object.entries(body).flatMap(([field, value], i) => {
    const inner = Fields.safeParse(value).data;
    const below = inner ? spoiled(inner) : [];
    return [
      ...sampledCases(wrongLike(value), 4, i).map((bad): [string, unknown] => [
        field,
        { ...body, [field]: bad },
      ]),
      ...below.map(([name, bad]): [string, unknown] => [`${field}.${name}`, { ...body, [field]: bad }]),
    ];
  });
}

/** Fields whose values have any form: what an app keeps beside a message, and what a call passes over. */
const FREE = /^(metadata|profileCustomField)(\.|$)/;

test.each(EXAMPLES)("%s %s refuses another value in place of any of %j", async (method, path, body) => {
  const good = await ask(method, path, body);
  using errors = new Errors();
  for (const [field, bad] of spoiled(Fields.parse(body))) {
    if (FREE.test(field)) continue;
    const { status, body: answer } = await ask(method, path, bad);
    const what = `${field}: ${JSON.stringify(bad).slice(0, 200)}: ${status} ${JSON.stringify(answer)}`;
    // Who may not make the call is told so first.
    expect(status, what).toBeGreaterThanOrEqual(400);
    expect(status, what).toBeLessThan(500);
    if (good.status < 300) expect(answer, what).toMatchObject({ code: "validation_failed" });
  }
  expect(errors.logged).toEqual([]);
});
