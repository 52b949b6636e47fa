import { beforeAll, expect, test } from "vitest";
import { ServerScope } from "../../../src/domain/server/server-key.ts";
import { v1 } from "../../../src/surfaces/v1/app.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { type Answer, call, expectProblem, register } from "../../support/clients/api.ts";
import { SERVER_CALLS, type ServerCall } from "./server-calls.ts";

const keys = new Map<ServerScope, string>();
/** What is no key that works, by what it is. */
const tokens: Record<string, string | undefined> = {};

beforeAll(async () => {
  for (const scope of ServerScope.options) keys.set(scope, (await makeServerKey([scope])).text);
  const good = await makeServerKey(ServerScope.options);
  const revoked = await makeServerKey(["keys"]);
  const admin = { token: good.text };
  expect((await call("DELETE", `/v1/server/keys/${revoked.id}`, admin)).status).toBe(204);
  Object.assign(tokens, {
    "no key": undefined,
    "a wrong secret": `${good.text.slice(0, -4)}0000`,
    "an unknown id": `psk_000000000000_${good.text.split("_")[2]}`,
    "no secret": `psk_${good.id}_`,
    "a revoked key": revoked.text,
    "an ended key": (await makeServerKey(ServerScope.options, { expiresAt: Date.now() - 1 })).text,
    "the token of a user": (await register()).token,
  });
});

function ask(
  { route, path = {}, body }: ServerCall,
  token: string | undefined,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const [method = "", pattern = ""] = route.split(" ");
  const filled = pattern.replaceAll(/:(\w+)/g, (_, part) => path[part] ?? "");
  return call(method, filled, { headers, ...(token && { token }), ...(body !== undefined && { body }) });
}

test("every route of a backend has a row, and every row a route", () => {
  const routes = v1.router.routes
    .filter(({ method, path }) => method !== "ALL" && path.startsWith("/v1/server/"))
    .map(({ method, path }) => `${method} ${path}`);
  expect(new Set(SERVER_CALLS.map(({ route }) => route))).toEqual(new Set(routes));
});

test.each(SERVER_CALLS.map((row) => [row.route, row] as const))("%s", async (_, row) => {
  for (const [what, token] of Object.entries(tokens))
    expect.soft((await ask(row, token)).status, what).toBe(401);
  for (const [scope, key] of keys) {
    const answer = await ask(row, key);
    const [status, code] = row.expected;
    if (scope !== row.scope) expectProblem(answer, 403, "forbidden");
    else if (code === undefined) expect(answer.status).toBe(status);
    else expectProblem(answer, status, code);
  }
  expectProblem(await ask(row, keys.get(row.scope), { Origin: "https://parley.test" }), 403, "forbidden");
});
