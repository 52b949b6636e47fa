import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ServerScope } from "../../../src/domain/server/server-key.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, freshName, login, PASSWORD, register } from "../../support/clients/api.ts";
import { exchange, refresh, setIssuers, TestIssuer, tokensOf } from "../../support/issuer/issuer.ts";
import { sigOf } from "../../surfaces/usersig/client.ts";

/** A key with all scopes. */
let every = "";
/** A key with all but `moderate`. */
let most = "";
let issuer: TestIssuer;

beforeAll(async () => {
  every = (await makeServerKey(ServerScope.options)).text;
  most = (await makeServerKey(ServerScope.options.filter((scope) => scope !== "moderate"))).text;
  issuer = await TestIssuer.start();
  return setIssuers(issuer.entry({ username: "preferred_username" }));
});

const User = z.object({ id: z.int(), username: z.string() });
const put = async (ref: string | number, body: object) =>
  User.parse((await call("PUT", `/v1/server/users/${ref}`, { token: every, body })).body);
const give = (id: number, role: string) => put(id, { role });

/** A user whom a backend has made. */
async function makeUser() {
  const username = freshName("staff");
  return { ...(await put(`ext:${username}`, { username })), externalId: username };
}

const Token = z.object({ token: z.string(), refresh_token: z.string().optional() });
async function tokenBy(key: string, id: number) {
  const body = { refresh: true };
  return Token.parse((await call("POST", `/v1/server/users/${id}/tokens`, { token: key, body })).body);
}

/** A user and the token of a session of theirs. `renew`: gives the next token of that session. */
interface Opened {
  id: number;
  token: string;
  renew?: () => Promise<string>;
}

async function byKey(key: string): Promise<Opened> {
  const { id } = await makeUser();
  const { token, refresh_token } = await tokenBy(key, id);
  return { id, token, renew: async () => tokensOf(await refresh(refresh_token)).access_token };
}

/** Who opens a session: whether their user is staff in it, and how it is opened. */
const GIVERS: Record<string, { isStaff: boolean; open: () => Promise<Opened> }> = {
  "a user with their password": {
    isStaff: true,
    open: async () => {
      const { user } = await register();
      return { id: user.id, token: (await login(user.username)).token };
    },
  },
  "an issuer": {
    isStaff: true,
    open: async () => {
      const { id, externalId } = await makeUser();
      const signed = tokensOf(await exchange(await issuer.sign({ sub: externalId })));
      expect(signed.user.id).toBe(id);
      const renew = async () => tokensOf(await refresh(signed.refresh_token)).access_token;
      return { id, token: signed.access_token, renew };
    },
  },
  "a key with `moderate`": { isStaff: true, open: () => byKey(every) },
  "a key without `moderate`": { isStaff: false, open: () => byKey(most) },
  "the rule key": {
    isStaff: false,
    open: async () => {
      const { id, username } = await makeUser();
      return { id, token: await sigOf(username) };
    },
  },
};

test.each(Object.entries(GIVERS))(
  "%s opens a session with a role only as the table says",
  async (by, giver) => {
    const { id, token, renew } = await giver.open();
    // The role comes after the session.
    await give(id, "moderator");
    const isStaff = async (one: string) => (await call("GET", "/v1/moderation/me", { token: one })).status;
    const expected = giver.isStaff ? 200 : 403;
    expect(await isStaff(token)).toBe(expected);
    if (renew) expect(await isStaff(await renew())).toBe(expected);
    expect((await call("GET", "/v1/me", { token })).status).toBe(200);
    const body = by.includes("password") ? { password: PASSWORD } : {};
    const deletion = await call("DELETE", "/v1/me", { token, body });
    if (giver.isStaff) expect(deletion.status).toBe(204);
    else expectProblem(deletion, 403, "forbidden");
  },
);

test("a user without a role deletes their account in a session of a service", async () => {
  const { token } = await byKey(most);
  expect((await call("DELETE", "/v1/me", { token, body: {} })).status).toBe(204);
});

test("a bot of a user gets no role, and none from its maker", async () => {
  const [maker] = await signedInUsers(1);
  const made = await call("POST", "/v1/bots", { token: maker?.token ?? "", body: { nickname: "Bot" } });
  const { id, token } = z.object({ id: z.int(), token: z.string() }).parse(made.body);
  await give(maker?.user.id ?? 0, "admin");
  expectProblem(await call("GET", "/v1/moderation/me", { token }), 403, "forbidden");
  const role = { token: every, body: { role: "admin" } };
  const given = () => call("PUT", `/v1/server/users/${id}`, role);
  expectProblem(await given(), 403, "forbidden");
  await put(id, { bot: false });
  expectProblem(await given(), 403, "forbidden");
});

test("a key that acts as staff without `moderate` makes no call of staff", async () => {
  const { id } = await makeUser();
  await give(id, "admin");
  const headers = { "Parley-User": String(id) };
  expect((await call("GET", "/v1/me", { token: most, headers })).status).toBe(200);
  for (const path of ["/me", "/reports", "/held", "/audit", "/users?q=a"]) {
    const answer = await call("GET", `/v1/moderation${path}`, { token: most, headers });
    expectProblem(answer, 403, "forbidden");
  }
  const body = {};
  expectProblem(await call("DELETE", "/v1/me", { token: most, headers, body }), 403, "forbidden");
});
