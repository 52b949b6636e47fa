import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { v1 } from "../../../src/surfaces/v1/app.ts";
import { describe, operations } from "../../../src/surfaces/v1/openapi/document.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { createGroup, send } from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { itemAt } from "../../support/objects/room.ts";

/** The JSON of a request body, with its examples. */
const Json = z.object({
  example: z.unknown().optional(),
  examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
});
const Failure = z.looseObject({ code: z.string().optional(), errors: z.unknown().optional() });

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

test.each(EXAMPLES)("%s %s takes the example %j", async (method, path, body) => {
  const filled = path
    .replace(/conversations\/\{id\}/, `conversations/${id}`)
    .replace("{seq}/votes", "2/votes")
    .replace("{user_id}", String(bob.user.id))
    .replaceAll(/\{\w+\}/g, "1");
  const headers = { Authorization: `Bearer ${ann.token}` };
  const { status, body: answer } = await wire({ method, path: filled, headers, body });
  const { code, errors } = status < 400 ? {} : Failure.parse(answer);
  // The ids of an example belong to nobody here, and its password is not Ann's. Its form is right.
  expect([status < 500, code === "validation_failed", errors]).toEqual([true, false, undefined]);
});
