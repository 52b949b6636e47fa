import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/domain/limits.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, openDirect } from "../../support/clients/chat.ts";
import { wire } from "../../support/clients/wire.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { conversationObject, createGroupId, range } from "../../support/objects/room.ts";
import { accept, expectNoInvitation, invitations, invite, look, UNKNOWN, withdraw } from "./client.ts";

const DAY_S = 86_400;

let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  [ann, bob, cid, dan] = await signedInUsers(4);
});

const promote = (id: number, { user }: SignedIn) =>
  ask(ann, id, "PATCH", `/members/${user.id}`, { role: "admin" });

describe("an invitation is made", () => {
  test("for a week and any number of users, unless its maker says otherwise", async () => {
    freezeClock();
    const id = await createGroupId(ann);
    const now = Date.now();
    const made = await invite(ann, id);
    expect(made).toEqual({
      code: expect.stringMatching(/^[0-9a-z]+-[0-9a-f]{32}$/),
      ...{ created_by: ann.user.id, created_at: now, expires_at: now + 7 * DAY_S * 1_000 },
      ...{ max_uses: null, uses: 0 },
    });
    const other = await invite(ann, id, { expires_in_s: 3_600, max_uses: 5 });
    expect(other).toMatchObject({ expires_at: now + 3_600_000, max_uses: 5 });
    expect(other.code).not.toBe(made.code);
    expect(await invitations(ann, id)).toEqual({ items: [made, other], next_cursor: null });
  });

  test.each([
    { expires_in_s: 59 },
    { expires_in_s: 30 * DAY_S + 1 },
    { expires_in_s: 60.5 },
    { expires_in_s: "60" },
    { max_uses: 0 },
    { max_uses: 1_001 },
    { max_uses: null },
  ])("not with %j", async (fields) => {
    const id = await createGroupId(ann);
    expectProblem(await ask(ann, id, "POST", "/invitations", fields), 400, "validation_failed");
    expect((await invitations(ann, id)).items).toEqual([]);
  });

  test.each([{ expires_in_s: 60, max_uses: 1 }, { expires_in_s: 30 * DAY_S, max_uses: 1_000 }, {}])(
    "with %j",
    async (fields) => {
      expect(await invite(ann, await createGroupId(ann), fields)).toMatchObject({ uses: 0 });
    },
  );

  test("by the owner and admins, who also see and withdraw those of each other", async () => {
    const id = await createGroupId(ann, bob, cid);
    await promote(id, bob);
    const [byAnn, byBob] = [await invite(ann, id), await invite(bob, id)];
    expect((await invitations(bob, id)).items).toEqual([byAnn, byBob]);
    expectProblem(await ask(cid, id, "POST", "/invitations", {}), 403, "forbidden");
    expectProblem(await ask(cid, id, "GET", "/invitations"), 403, "forbidden");
    expectProblem(await withdraw(cid, id, byBob.code), 403, "forbidden");
    expectProblem(await ask(dan, id, "POST", "/invitations", {}), 404, "not_found");
    expectProblem(await withdraw(dan, id, byBob.code), 404, "not_found");
    for (const code of [byAnn.code, byAnn.code, UNKNOWN, "x"])
      expect((await withdraw(bob, id, code)).status).toBe(204);
    expect((await invitations(ann, id)).items).toEqual([byBob]);
  });

  test("for groups alone, and withdrawn in the group that it is for", async () => {
    const { id: direct } = await openDirect(ann, bob);
    expectProblem(await ask(ann, direct, "POST", "/invitations", {}), 403, "forbidden");
    expectProblem(await ask(ann, direct, "GET", "/invitations"), 403, "forbidden");
    const [id, other] = [await createGroupId(ann), await createGroupId(ann)];
    const { code } = await invite(ann, id);
    expect((await withdraw(ann, other, code)).status).toBe(204);
    expect((await invitations(ann, id)).items.length).toBe(1);
  });

  test("up to 100 open ones: expired and used ones do not count", async () => {
    const id = await createGroupId(ann);
    const used = await invite(ann, id, { max_uses: 1 });
    await accept(dan, used.code);
    await runInDurableObject(conversationObject(id), (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO invitations (code, created_by, created_at, expires_at)
         SELECT 'x' || i, ?, i, ? FROM n`,
        LIMITS.invitations - 1,
        ann.user.id,
        Date.now() + 60_000,
      );
    });
    const last = await invite(ann, id);
    expectProblem(await ask(ann, id, "POST", "/invitations", {}), 409, "conflict");
    await withdraw(ann, id, last.code);
    await invite(ann, id);
    expectProblem(await ask(ann, id, "POST", "/invitations", {}), 409, "conflict");
    advanceClock(61_000);
    await invite(ann, id);
    // A new one takes away the rows of those that have expired.
    const rows = await runInDurableObject(conversationObject(id), (_, { storage }) =>
      storage.sql.exec("SELECT code FROM invitations WHERE code LIKE 'x%'").toArray(),
    );
    expect(rows).toEqual([]);
  });

  test("and listed in pages, the oldest first", async () => {
    const id = await createGroupId(ann);
    const made = [];
    for (const _ of range(1, 5)) made.push(await invite(ann, id));
    const first = await invitations(ann, id, "?limit=2");
    const second = await invitations(ann, id, `?limit=2&cursor=${first.next_cursor}`);
    const third = await invitations(ann, id, `?limit=2&cursor=${second.next_cursor}`);
    expect([...first.items, ...second.items, ...third.items]).toEqual(made);
    expect(third.next_cursor).toBeNull();
    expectProblem(await ask(ann, id, "GET", "/invitations?cursor=x"), 400, "validation_failed");
  });
});

test("codes that are not valid count by address, and right ones do not", async () => {
  const id = await createGroupId(ann);
  const { code } = await invite(ann, id);
  const counted: string[] = [];
  const ADDRESS_RATE: RateLimit = {
    limit: async ({ key }) => {
      counted.push(key);
      return { success: counted.length <= 2 };
    },
  };
  const send = (method: string, guess: string) =>
    wire({
      ...{ method, path: `/v1/invitations/${guess}`, settings: { ...env, ADDRESS_RATE } },
      headers: { "CF-Connecting-IP": "198.51.100.9", Authorization: `Bearer ${dan.token}` },
    });
  for (const method of ["GET", "POST"]) expect((await send(method, code)).status).toBe(200);
  expect(counted).toEqual([]);
  const guesses = [await send("GET", UNKNOWN), await send("POST", "x"), await send("POST", UNKNOWN)];
  expect(guesses.map(({ status }) => status)).toEqual([404, 404, 429]);
  expect(new Set(counted)).toEqual(new Set(["refused invitation 198.51.100.9"]));
  expect((await send("GET", code)).status).toBe(200);
});

test("without a token an invitation shows what it shows a stranger, and lets nobody in", async () => {
  const { code } = await invite(ann, await createGroupId(ann));
  const seen = await wire({ method: "GET", path: `/v1/invitations/${code}` });
  expect(seen.status).toBe(200);
  expect(seen.body).toEqual((await look(dan, code)).body);
  expect((await wire({ method: "POST", path: `/v1/invitations/${code}` })).status).toBe(401);
  const forged = { Authorization: `Bearer ${dan.token.slice(0, -4)}AAAA` };
  expect((await wire({ method: "GET", path: `/v1/invitations/${code}`, headers: forged })).status).toBe(401);
  expect((await wire({ method: "GET", path: `/v1/invitations/${UNKNOWN}` })).status).toBe(404);
  await expectNoInvitation(dan, UNKNOWN);
});

test("looks without a token count by address, once each, whatever the code", async () => {
  const { code } = await invite(ann, await createGroupId(ann));
  const counted: string[] = [];
  const ADDRESS_RATE: RateLimit = {
    limit: async ({ key }) => {
      counted.push(key);
      return { success: counted.length <= 2 };
    },
  };
  const see = async (of: string) =>
    wire({
      ...{ method: "GET", path: `/v1/invitations/${of}`, settings: { ...env, ADDRESS_RATE } },
      headers: { "CF-Connecting-IP": "198.51.100.10" },
    });
  expect([(await see(code)).status, (await see(UNKNOWN)).status]).toEqual([200, 404]);
  expect((await see(code)).status).toBe(429);
  expect(counted).toEqual(Array.from({ length: 3 }, () => "anonymous 198.51.100.10"));
});
