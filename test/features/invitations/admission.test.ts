import { expect, test } from "vitest";
import { freshName, PASSWORD, register, SignedIn } from "../../support/clients/api.ts";
import { createGroup } from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { invite, UNKNOWN, withdraw } from "./client.ts";

const CODE = "setup-that-the-log-shows-once";

/** Registers over an API on a server with other settings. */
function ask(settings: object, fields: object = {}, path = "/v1/register") {
  const username = freshName();
  const body = { username, password: PASSWORD, email: `${username}@example.org`, ...fields };
  return wire({ method: "POST", path, body, settings });
}

test.each(["closed", "invited"])(
  "with REGISTRATION=%s nobody gets an account just so, over any API",
  async (REGISTRATION) => {
    for (const path of ["/v1/register", "/register"]) {
      const username = freshName();
      const refused = await ask({ REGISTRATION }, { username }, path);
      expect(JSON.stringify(refused.body)).toMatch(/operator|invitation/);
      const login = { username, password: PASSWORD };
      expect((await wire({ method: "POST", path: "/v1/login", body: login })).status).toBe(401);
      // Nothing was reserved either.
      expect((await ask({}, { username })).status).toBe(201);
      const settings = { REGISTRATION };
      expect((await wire({ method: "POST", path: "/v1/login", body: login, settings })).status).toBe(200);
    }
  },
);

test("with REGISTRATION=invited an invitation gets an account, as long as it lets anybody in", async () => {
  const owner = await register();
  const { id } = await createGroup(owner);
  const { code } = await invite(owner, id);
  const settings = { REGISTRATION: "invited" };
  expect((await wire({ method: "GET", path: "/v1/login", settings })).body).toMatchObject({
    registration: "invited",
    setup: false,
  });
  const { token } = SignedIn.parse((await ask(settings, { invitation: code })).body);
  const joined = await wire({
    method: "POST",
    path: `/v1/invitations/${code}`,
    headers: { Authorization: `Bearer ${token}` },
    settings,
  });
  expect(joined.status).toBe(200);
  expect((await ask(settings, { invitation: UNKNOWN })).status).toBe(404);
  expect((await ask({ REGISTRATION: "closed" }, { invitation: code })).status).toBe(403);
  await withdraw(owner, id, code);
  expect((await ask(settings, { invitation: code })).status).toBe(404);
});

test("the code of a server makes the first account an admin's, once, and nothing else does", async () => {
  const settings = { REGISTRATION: "invited", SETUP_CODE: CODE };
  const isWaiting = async () => (await wire({ method: "GET", path: "/v1/login", settings })).body;
  expect(await isWaiting()).toMatchObject({ setup: true });
  for (const invitation of ["setup-", `${CODE} `, CODE.slice(0, -1), `setup-${"x".repeat(194)}`])
    expect((await ask(settings, { invitation })).status).toBe(403);
  expect((await ask({ SETUP_CODE: "setup-short" }, { invitation: "setup-short" })).status).toBe(403);
  expect((await ask({}, { invitation: CODE })).status).toBe(403);

  const { token } = SignedIn.parse((await ask(settings, { invitation: CODE })).body);
  const headers = { Authorization: `Bearer ${token}` };
  const log = await wire({ method: "GET", path: "/v1/moderation/audit", headers, settings });
  expect([log.status, JSON.stringify(log.body)]).toEqual([200, expect.stringContaining("role_changed")]);
  expect(await isWaiting()).toMatchObject({ setup: false });
  expect((await ask(settings, { invitation: CODE })).status).toBe(403);
  // A wrong code is refused also where everybody may register.
  expect((await ask({ SETUP_CODE: CODE }, { invitation: CODE })).status).toBe(403);
});
