import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import {
  befriend,
  contactLists,
  expectFriendCall,
  FRIEND_CALLS,
  type FriendCall,
  friendCall,
  friendRequests,
  userList,
} from "../../support/accounts/friends.ts";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { insertUsers } from "../../support/clients/chat.ts";

const MANY = 50;
const POLICIES = ["allow", "approve", "deny"] as const;

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

const atOnce = <T>(work: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: MANY }, (_, i) => work(i)));

async function policy({ token }: SignedIn, friend_policy: (typeof POLICIES)[number]): Promise<void> {
  const answer = await call("PATCH", "/v1/me", { token, body: { friend_policy } });
  expect(answer.status).toBe(200);
}

/** The relation of Ann and Bob. */
interface Relation {
  friends: boolean;
  annAsks: boolean;
  bobAsks: boolean;
  annBlocks: boolean;
  bobBlocks: boolean;
}

const NOTHING: Relation = {
  friends: false,
  annAsks: false,
  bobAsks: false,
  annBlocks: false,
  bobBlocks: false,
};

/** Every possible relation. */
const RELATIONS: [string, Partial<Relation>][] = [
  ["strangers", {}],
  ["Ann has sent a request", { annAsks: true }],
  ["Bob has sent a request", { bobAsks: true }],
  ["friends", { friends: true }],
  ["Ann blocks", { annBlocks: true }],
  ["Bob blocks", { bobBlocks: true }],
  ["both block", { annBlocks: true, bobBlocks: true }],
];

/** Creates a relation by API calls. */
async function createRelation({ friends, annAsks, bobAsks, annBlocks, bobBlocks }: Relation): Promise<void> {
  for (const who of [ann, bob]) await policy(who, "approve");
  await expectFriendCall("DELETE blocks", ann, bob);
  await expectFriendCall("DELETE blocks", bob, ann);
  await expectFriendCall("DELETE friends", ann, bob);
  if (friends) await befriend(ann, bob);
  if (annAsks) await expectFriendCall("PUT friends", ann, bob);
  if (bobAsks) await expectFriendCall("PUT friends", bob, ann);
  if (annBlocks) await expectFriendCall("PUT blocks", ann, bob);
  if (bobBlocks) await expectFriendCall("PUT blocks", bob, ann);
}

/** Tables of relations, and their columns of user ids. */
const TABLES = [
  ["friends", "user_id", "friend_id"],
  ["friend_requests", "user_id", "from_id"],
  ["blocks", "user_id", "blocked_id"],
] as const;

/** The rows of Ann and Bob in D1, by table. */
async function rows(): Promise<unknown[][]> {
  const queries = TABLES.map(([table, one, other]) =>
    env.DB.prepare(
      `SELECT * FROM ${table} WHERE ${one} IN (?1, ?2) AND ${other} IN (?1, ?2) ORDER BY ${one}`,
    ).bind(ann.user.id, bob.user.id),
  );
  return (await env.DB.batch(queries)).map(({ results }) => results);
}

/** Restores the result of `rows`, and sets Bob's policy. */
async function restore(initialRows: unknown[][], bobs: (typeof POLICIES)[number]): Promise<void> {
  await env.DB.batch([
    env.DB.prepare("UPDATE users SET friend_policy = ? WHERE id = ?").bind(bobs, bob.user.id),
    ...TABLES.flatMap(([table, one, other], i) => [
      env.DB.prepare(`DELETE FROM ${table} WHERE ${one} IN (?1, ?2) AND ${other} IN (?1, ?2)`).bind(
        ...[ann.user.id, bob.user.id],
      ),
      env.DB.prepare(
        `INSERT INTO ${table} (${one}, ${other}, created_at)
         SELECT value ->> '${one}', value ->> '${other}', value ->> 'created_at' FROM json_each(?)`,
      ).bind(JSON.stringify(initialRows[i])),
    ]),
  ]);
}

/** The expected status, code or state, and relation after a call of Ann. */
function expectedOutcome(
  before: Relation,
  what: FriendCall,
  bobs: string,
): [number, string | undefined, Relation] {
  switch (what) {
    case "PUT blocks":
      return [204, undefined, { ...NOTHING, annBlocks: true, bobBlocks: before.bobBlocks }];
    case "DELETE blocks":
      return [204, undefined, { ...before, annBlocks: false }];
    case "DELETE friends":
      return [204, undefined, { ...before, friends: false, annAsks: false, bobAsks: false }];
    case "PUT friends":
      if (before.annBlocks || before.bobBlocks) return [403, "blocked", before];
      if (before.friends || before.bobAsks || bobs === "allow") {
        return [200, "friends", { ...NOTHING, friends: true }];
      }
      return bobs === "deny" ? [403, "forbidden", before] : [200, "requested", { ...before, annAsks: true }];
  }
}

async function currentRelation(): Promise<Relation> {
  const [a, b] = await Promise.all([contactLists(ann), contactLists(bob)]);
  const has = (list: number[], { user }: SignedIn) => list.includes(user.id);
  expect(has(a.friends, bob)).toBe(has(b.friends, ann));
  return {
    friends: has(a.friends, bob),
    annAsks: has(b.requests, ann),
    bobAsks: has(a.requests, bob),
    annBlocks: has(a.blocks, bob),
    bobBlocks: has(b.blocks, ann),
  };
}

describe.each(RELATIONS)("%s", (_, relation) => {
  const before = { ...NOTHING, ...relation };
  let initialRows: unknown[][];

  beforeAll(async () => {
    await createRelation(before);
    expect(await currentRelation()).toEqual(before);
    initialRows = await rows();
  });

  test.each(POLICIES.flatMap((policy) => FRIEND_CALLS.map((what) => [what, policy] as const)))(
    "%s when Bob's policy is %s",
    async (what, bobs) => {
      await restore(initialRows, bobs);
      const [status, word, after] = expectedOutcome(before, what, bobs);
      const callTwiceCheck = async () => {
        const answer = await friendCall(what, ann, bob);
        expect(answer.status, JSON.stringify(answer.body)).toBe(status);
        if (status === 403) expectProblem(answer, 403, String(word));
        if (status === 200) expect(answer.body).toEqual({ state: word });
        if (status === 204) expect(answer.body).toBeUndefined();
      };
      await callTwiceCheck();
      expect(await currentRelation()).toEqual(after);
      // A repeated call changes nothing and gets the same answer.
      const rowsAfterFirst = await rows();
      await callTwiceCheck();
      expect(await rows()).toEqual(rowsAfterFirst);
    },
  );
});

test.each(FRIEND_CALLS)("%s of the caller's own id is refused", async (what) => {
  const answer = await friendCall(what, ann, ann);
  expectProblem(answer, 400, "validation_failed");
  expect(answer.body).toMatchObject({ errors: [{ path: "path.user_id" }] });
});

test.each(FRIEND_CALLS)("%s of an unknown or deleted user gets not_found", async (what) => {
  const deleted = await register();
  await env.DB.prepare("UPDATE users SET deleted_at = 1 WHERE id = ?").bind(deleted.user.id).run();
  for (const id of [1, deleted.user.id, Number.MAX_SAFE_INTEGER]) {
    expectProblem(await friendCall(what, ann, { user: { id } }), 404, "not_found");
  }
  const rows =
    "SELECT user_id FROM blocks WHERE blocked_id = ?1 UNION ALL SELECT user_id FROM friend_requests WHERE user_id = ?1";
  expect((await env.DB.prepare(rows).bind(deleted.user.id).all()).results).toEqual([]);
});

test.each(FRIEND_CALLS)("%s accepts only ids", async (what) => {
  const [method = "", list = ""] = what.split(" ");
  for (const id of ["0", "-1", "1.5", "abc", "%20", "%00", "9".repeat(17), "null"]) {
    expectProblem(await call(method, `/v1/${list}/${id}`, { token: ann.token }), 400, "validation_failed");
  }
});

test.each(["/v1/friends", "/v1/friends/requests", "/v1/blocks"])(
  "%s refuses invalid page parameters",
  async (path) => {
    const invalid = [
      "limit=0",
      "limit=101",
      "limit=x",
      "cursor=",
      "cursor=x",
      `cursor=${btoa("[1,2,3]")}`,
      `cursor=${btoa('["a"]')}`,
      `cursor=${btoa("[-1,-1]")}`,
      "limit=1&limit=2",
      "cursor=%00",
    ];
    for (const query of invalid) {
      expectProblem(await call("GET", `${path}?${query}`, { token: ann.token }), 400, "validation_failed");
    }
  },
);

describe("a list", () => {
  /** Reads all pages. Each page but the last must be full. */
  async function pages<T>(
    get: (query: string) => Promise<{ items: T[]; next_cursor: string | null }>,
  ): Promise<T[]> {
    const all: T[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await get(`?limit=3${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      if (page.next_cursor !== null) expect(page.items).toHaveLength(3);
      all.push(...page.items);
      cursor = page.next_cursor;
    }
    return all;
  }

  test.each([0, 3, 7])("of %i friends has each once, in pages", async (count) => {
    const dan = await register();
    await policy(dan, "allow");
    const others = await insertUsers(count);
    const ids = others.map(({ user }) => user.id);
    const insert =
      "INSERT INTO friends (user_id, friend_id, created_at) SELECT ?1, value, 0 FROM json_each(?2) UNION ALL SELECT value, ?1, 0 FROM json_each(?2)";
    await env.DB.prepare(insert).bind(dan.user.id, JSON.stringify(ids)).run();
    const all = await pages((query) => userList(dan, "friends", query));
    expect(all.map(({ id }) => Number(id))).toEqual(ids);
  });

  test("of blocked users has each once, in pages", async () => {
    const [dan, others] = [await register(), await insertUsers(7)];
    for (const other of others) await expectFriendCall("PUT blocks", dan, other);
    const all = await pages((query) => userList(dan, "blocks", query));
    expect(all.map(({ id }) => Number(id))).toEqual(others.map(({ user }) => user.id));
  });

  test("of requests has the newest first, in pages, even with equal times", async () => {
    const [dan, others] = [await register(), await insertUsers(7)];
    const ids = others.map(({ user }) => user.id);
    const insert =
      "INSERT INTO friend_requests (user_id, from_id, created_at) SELECT ?, value, key / 3 FROM json_each(?)";
    await env.DB.prepare(insert).bind(dan.user.id, JSON.stringify(ids)).run();
    const all = await pages((query) => friendRequests(dan, query));
    expect(all.map(({ user }) => Number(user.id))).toEqual(ids.toReversed());
    expect(all.map(({ created_at }) => created_at)).toEqual([2, 1, 1, 1, 0, 0, 0]);
  });

  test("shows public profiles, and no deleted user", async () => {
    const [dan, eve] = await Promise.all([register(), register()]);
    const publicFields = { ...eve.user, avatar: "", online: false };
    const before = Date.now() - 1;
    await expectFriendCall("PUT friends", eve, dan);
    const callTwiceCheck = await friendRequests(dan);
    expect(callTwiceCheck).toEqual({
      items: [{ user: publicFields, created_at: expect.any(Number) }],
      next_cursor: null,
    });
    expect(callTwiceCheck.items[0]?.created_at).toBeGreaterThanOrEqual(before);
    await expectFriendCall("PUT friends", dan, eve);
    expect(await userList(dan, "friends")).toEqual({ items: [publicFields], next_cursor: null });
    await env.DB.prepare("UPDATE users SET deleted_at = 1 WHERE id = ?").bind(eve.user.id).run();
    expect(await contactLists(dan)).toEqual({ friends: [], requests: [], blocks: [] });
  });
});

describe("fifty concurrent calls", () => {
  const pair = async () => Promise.all([register(), register()]);

  test("equal requests make one request", async () => {
    const [dan, eve] = await pair();
    const answers = await atOnce(() => friendCall("PUT friends", dan, eve));
    for (const { status, body } of answers) expect([status, body]).toEqual([200, { state: "requested" }]);
    expect((await friendRequests(eve)).items).toHaveLength(1);
  });

  test("mutual requests make one friendship", async () => {
    const [dan, eve] = await pair();
    const answers = await atOnce((i) =>
      i % 2 ? friendCall("PUT friends", dan, eve) : friendCall("PUT friends", eve, dan),
    );
    for (const { status } of answers) expect(status).toBe(200);
    expect(await contactLists(dan)).toEqual({ friends: [eve.user.id], requests: [], blocks: [] });
    expect(await contactLists(eve)).toEqual({ friends: [dan.user.id], requests: [], blocks: [] });
  });

  test.each([1, 2, 3, 4, 5])("two concurrent mutual requests make one friendship (%i)", async () => {
    const [dan, eve] = await pair();
    const states = await Promise.all([
      expectFriendCall("PUT friends", dan, eve),
      expectFriendCall("PUT friends", eve, dan),
    ]);
    expect(states).toContainEqual({ state: "friends" });
    expect((await contactLists(dan)).friends).toEqual([eve.user.id]);
    expect((await contactLists(eve)).requests).toEqual([]);
  });

  test("requests during a block leave no request and no friendship", async () => {
    const [dan, eve] = await pair();
    const answers = await atOnce((i) => {
      if (i === 25) return friendCall("PUT blocks", dan, eve);
      return i % 2 ? friendCall("PUT friends", dan, eve) : friendCall("PUT friends", eve, dan);
    });
    for (const answer of answers) {
      if (answer.status === 403) expectProblem(answer, 403, "blocked");
      else expect([200, 204]).toContain(answer.status);
    }
    expect(await contactLists(dan)).toEqual({ friends: [], requests: [], blocks: [eve.user.id] });
    expect(await contactLists(eve)).toEqual({ friends: [], requests: [], blocks: [] });
  });

  test("requests after a change to the policy `deny` are refused", async () => {
    const [dan, eve] = await pair();
    const answers = await atOnce((i) =>
      i === 25
        ? call("PATCH", "/v1/me", { token: eve.token, body: { friend_policy: "deny" } })
        : friendCall("PUT friends", dan, eve),
    );
    const callTwiceCheck = answers.some(({ body }) => JSON.stringify(body) === '{"state":"requested"}');
    expect((await friendRequests(eve)).items).toHaveLength(callTwiceCheck ? 1 : 0);
    expectProblem(await friendCall("PUT friends", dan, eve), 403, "forbidden");
  });

  test("requests and removals leave both lists consistent", async () => {
    const [dan, eve] = await pair();
    await atOnce((i) => {
      const what = i % 3 ? "PUT friends" : "DELETE friends";
      return i % 2 ? friendCall(what, dan, eve) : friendCall(what, eve, dan);
    });
    const [a, b] = [await contactLists(dan), await contactLists(eve)];
    expect(a.friends.length).toBe(b.friends.length);
    if (a.friends.length > 0) expect([...a.requests, ...b.requests]).toEqual([]);
    expect(a.requests.length + b.requests.length).toBeLessThanOrEqual(1);
  });
});
