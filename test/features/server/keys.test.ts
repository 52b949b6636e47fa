import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { CreatedServerKey, ServerKeys } from "../../../src/surfaces/v1/schemas/server/keys.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { call, expectProblem } from "../../support/clients/api.ts";

const StrictKey = CreatedServerKey.strict();

test("a key makes another one, which works until it is revoked, and whose secret nobody sees again", async () => {
  const { text: token } = await makeServerKey(["users", "tokens", "keys"]);
  const body = { name: " backend ", scopes: ["tokens", "users", "keys", "users"] };
  const made = await call("POST", "/v1/server/keys", { token, body });
  expect(made.status).toBe(201);
  const { key, ...shown } = StrictKey.parse(made.body);
  expect(shown).toMatchObject({ name: "backend", scopes: ["users", "tokens", "keys"], last_used_on: null });
  const today = new Date().toISOString().slice(0, 10);
  const list = async (by: string) => {
    const { body: listed } = await call("GET", "/v1/server/keys", { token: by });
    return ServerKeys.parse(listed).items.find(({ id }) => id === shown.id);
  };
  await expect.poll(() => list(key)).toEqual({ ...shown, last_used_on: today });
  const stored = await env.DB.prepare("SELECT * FROM server_keys WHERE id = ?").bind(shown.id).first();
  expect(JSON.stringify(stored)).not.toContain(key.split("_")[2]);

  expect((await call("DELETE", `/v1/server/keys/${shown.id}`, { token: key })).status).toBe(204);
  expectProblem(await call("GET", "/v1/server/keys", { token: key }), 401, "unauthenticated");
  const again = await call("DELETE", `/v1/server/keys/${shown.id}`, { token });
  expectProblem(again, 404, "not_found");
  expect(await list(token)).toBeUndefined();
});

test("a key without a name, with an unknown scope or with an end in the past is none", async () => {
  const { text: token } = await makeServerKey(["keys", "users"]);
  const good = { name: "backend", scopes: ["users"] };
  for (const [wrong, path] of [
    [{ name: " " }, "body.name"],
    [{ name: "x".repeat(65) }, "body.name"],
    [{ scopes: [] }, "body.scopes"],
    [{ scopes: ["users", "all"] }, "body.scopes.1"],
    [{ expires_at: Date.now() - 1 }, "body.expires_at"],
  ] as const) {
    const refused = await call("POST", "/v1/server/keys", { token, body: { ...good, ...wrong } });
    expectProblem(refused, 400, "validation_failed");
    expect(JSON.stringify(refused.body)).toContain(`"${path}"`);
  }
});
