import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { type Answer, call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  deleteMessage,
  getConversation,
  list,
  openDirect,
  page,
  sendAll,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { HeldConversation } from "../../support/faults/hold.ts";
import { Patience } from "../../support/faults/patience.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";
import { untilListStored } from "../../support/objects/inbox-list.ts";
import { inboxObject, range, runInboxJob, untilShownOnline } from "../../support/objects/room.ts";
import { overrideTiming, setTiming } from "../../support/timing.ts";

/**
 * Ann has conversations of every kind in her list; Bob is in all of them, and in one that Ann was never in.
 */
let ann: SignedIn;
let bob: SignedIn;
/** Ann's expected list; her conversations do not change after the set-up */
let expectedList: unknown;

beforeAll(() => setTiming({ fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }));

beforeAll(async () => {
  let carl: SignedIn;
  [ann, bob, carl] = await Promise.all([register(), register(), register()]);
  const path = (id: number) => `/v1/conversations/${id}`;
  const [asAnn, asBob] = [{ token: ann.token }, { token: bob.token }];
  const unread = await openDirect(ann, bob);
  await sendAll(bob, unread.id, ["one", "two", "three"]);
  const hidden = await openDirect(ann, carl);
  await sendAll(carl, hidden.id, ["gone"]);
  expect((await call("DELETE", path(hidden.id), asAnn)).status).toBe(204);
  const sticky = await createGroup(ann, [bob], "sticky");
  await call("PUT", `${path(sticky.id)}/preferences`, { ...asAnn, body: { sticky: true } });
  const withSystemMessages = await createGroup(bob, [ann], "with tips");
  await sendAll(ann, withSystemMessages.id, ["mine"]);
  await call("POST", `${path(withSystemMessages.id)}/members`, {
    ...asBob,
    body: { user_ids: [carl.user.id] },
  });
  await sendAll(carl, withSystemMessages.id, ["kept", "taken back"]);
  await deleteMessage(carl, withSystemMessages.id, 4, "everyone");
  const halfRead = await createGroup(bob, [ann], HALF);
  await sendAll(bob, halfRead.id, range(1, 5).map(String));
  await call("PUT", `${path(halfRead.id)}/read`, { ...asAnn, body: { seq: 2 } });
  await deleteMessage(ann, halfRead.id, 5, "me");
  const left = await createGroup(bob, [ann], "left");
  await sendAll(bob, left.id, ["before"]);
  await call("POST", `${path(left.id)}/leave`, asAnn);
  await sendAll(bob, left.id, ["after"]);
  const rejoined = await createGroup(bob, [ann], "back again");
  await sendAll(bob, rejoined.id, ["before"]);
  await call("POST", `${path(rejoined.id)}/leave`, asAnn);
  await call("POST", `${path(rejoined.id)}/members`, { ...asBob, body: { user_ids: [ann.user.id] } });
  await sendAll(bob, rejoined.id, ["after"]);
  const dissolved = await createGroup(bob, [ann], "dissolved");
  expect((await call("DELETE", path(dissolved.id), asBob)).status).toBe(204);
  for (const { id } of [unread, hidden, sticky, withSystemMessages, halfRead, left, rejoined, dissolved])
    await runJobs(id);
  expect((await createGroup(bob, [carl], "without Ann")).id).toBe(dissolved.id + 1);
  expectedList = await buildExpectedList();
});

/** A group with messages that Ann has read, has not read, and has hidden unread. */
const HALF = "half read";

/** Repairs the list, without the limit of one repair a minute. */
async function repair(who: SignedIn): Promise<Answer> {
  await corrupt(who, "UPDATE presence SET repaired_at = 0");
  return call("POST", "/v1/me/repair", { token: who.token });
}

const Row = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

/** The inbox's conversation rows, without the delivered positions and the moments of writes. */
function rows({ user }: SignedIn): Promise<z.infer<typeof Row>[]> {
  return runInDurableObject(inboxObject(user.id), (_, { storage }) =>
    z
      .array(Row)
      .parse(storage.sql.exec("SELECT * FROM conversations ORDER BY conversation_id").toArray())
      .map(
        ({ told_epoch: _, told_seq: __, told_rev: ___, changed_at: ____, heard_at: _____, ...row }) => row,
      ),
  );
}

/** Runs all jobs of a conversation, and evicts it. */
async function runJobsAndEvict(id: number): Promise<void> {
  await runJobs(id);
  await evictDurableObject(env.CONVERSATION.getByName(String(id)));
}

async function corrupt({ user }: SignedIn, ...statements: string[]): Promise<void> {
  await untilListStored(user.id);
  await runInDurableObject(inboxObject(user.id), (_, { storage }) => {
    for (const statement of statements) storage.sql.exec(statement);
  });
}

/** The expected list: each conversation as it shows itself, with the unread count from its history. */
async function buildExpectedList(): Promise<unknown> {
  const { results } = await env.DB.prepare(
    "SELECT conversation_id AS id FROM memberships WHERE user_id = ? AND state = 'active'",
  )
    .bind(ann.user.id)
    .all();
  const ids = z.array(z.object({ id: z.int() })).parse(results);
  const found = [];
  for (const { id } of ids) {
    const answer = await call("GET", `/v1/conversations/${id}`, { token: ann.token });
    if (answer.status === 404) continue;
    // A list has no online count.
    const { online_count: _, ...conversation } = await getConversation(ann, id);
    const { items } = await page(ann, id, "?after=0&limit=100");
    // A message that was hidden unread still counts, a revoked one does not.
    const hides = conversation.name === HALF ? 1 : 0;
    const after = items.filter(
      ({ seq, kind, revoked }) => seq > conversation.read_seq && kind !== "tip" && !revoked,
    );
    const { quote: __, mine: ___, reactions: ____, ...last_message } = items.at(-1) ?? {};
    const listed = { ...conversation, unread_count: after.length + hides };
    found.push({ ...listed, last_message: items.length > 0 ? last_message : null });
  }
  return found
    .filter(({ last_seq, last_message }) => last_seq === 0 || last_message !== null)
    .sort((a, b) => Number(b.sticky) - Number(a.sticky) || b.updated_at - a.updated_at || b.id - a.id);
}

/** A statement that inserts a conversation that does not exist. */
function insertRow(id: string): string {
  return `INSERT INTO conversations (conversation_id, ver, state, visible_from, last_seq, last_n, read_seq, read_n,
    member_count, kind, updated_at, counted_at, active_at, changed_at)
    VALUES (${id}, 5, 'active', 0, 5, 5, 0, 0, 2, 'group', 9000000000000, 9000000000000, 9000000000000, 0)`;
}

/** Every kind of corruption of an inbox, as SQL statements. */
const CORRUPTIONS: Record<string, string[]> = {
  nothing: [],
  "all rows are missing": ["DELETE FROM conversations"],
  "some rows are missing": ["DELETE FROM conversations WHERE last_n > 2"],
  "counts are wrong": ["UPDATE conversations SET last_n = last_n + 7, read_n = 0"],
  "positions are wrong": [
    "UPDATE conversations SET last_seq = 0, read_seq = last_seq, visible_from = 9, rev = 77",
  ],
  "previews are missing": ["UPDATE conversations SET preview = NULL"],
  "previews are invalid JSON": [`UPDATE conversations SET preview = '{"seq'`],
  "previews are of other conversations": [
    "UPDATE conversations SET preview = (SELECT max(preview) FROM conversations WHERE preview IS NOT NULL)",
  ],
  "all versions are too high": [
    "UPDATE conversations SET ver = ver + 1000000, last_n = 0, read_n = 9, preview = NULL, updated_at = 1",
  ],
  "all versions are too low": ["UPDATE conversations SET ver = 0, last_seq = 0, last_n = 0, updated_at = 0"],
  "states are swapped": ["UPDATE conversations SET state = iif(state = 'active', 'left', 'active')"],
  "states are invalid": ["UPDATE conversations SET state = 'nonsense'"],
  "flags are swapped": ["UPDATE conversations SET pinned = 1 - pinned, hidden = 1 - hidden"],
  "the order is wrong": ["UPDATE conversations SET updated_at = 1000 - conversation_id, member_count = 99"],
  "rows have ids of other conversations": [
    "UPDATE conversations SET conversation_id = -conversation_id",
    "UPDATE conversations SET conversation_id = 1 - conversation_id",
  ],
  "rows have unknown ids": ["UPDATE conversations SET conversation_id = -conversation_id"],
  "there are rows of unknown conversations": [
    insertRow("999999"),
    insertRow("-5"),
    insertRow("9223372036854775807"),
  ],
  "delivered positions are wrong": [
    "UPDATE conversations SET told_epoch = 99, told_seq = 99 - last_seq, told_rev = last_seq",
    "UPDATE presence SET epoch = 5",
  ],
  "there are cursors without sockets": [
    "INSERT INTO device_cursors SELECT 'nobody', conversation_id, 3, 3, 1 FROM conversations",
  ],
};

test.each(Object.entries(CORRUPTIONS))(
  "a list in which %s is correct after a repair",
  async (_, statements) => {
    const before = await rows(ann);
    await corrupt(ann, ...statements);
    expect(await repair(ann)).toMatchObject({ status: 200, body: { unreachable: 0 } });
    expect(await rows(ann)).toEqual(before);
    expect((await list(ann, "?limit=100")).items).toEqual(expectedList);
    const cursors = await runInDurableObject(inboxObject(ann.user.id), (_, { storage }) =>
      storage.sql.exec("SELECT * FROM device_cursors").toArray(),
    );
    expect(cursors).toEqual([]);
  },
);

test("a conversation that is missing in D1 is repaired and stays", async () => {
  const dan = await register();
  const { id } = await createGroup(bob, [dan]);
  await sendAll(bob, id, ["hello"]);
  await runJobs(id);
  const before = await rows(dan);
  await env.DB.prepare("DELETE FROM memberships WHERE user_id = ?").bind(dan.user.id).run();
  expect(await repair(dan)).toMatchObject({ status: 200, body: { repaired: 1, unreachable: 0 } });
  expect(await rows(dan)).toEqual(before);
});

test("fifty concurrent repairs are one, and the next must wait for a minute", async () => {
  const dan = await register();
  const { id } = await createGroup(bob, [dan]);
  await runJobs(id);
  await corrupt(dan, "DELETE FROM conversations");
  const call50 = range(1, 50).map(() => call("POST", "/v1/me/repair", { token: dan.token }));
  for (const answer of await Promise.all(call50)) {
    expect(answer).toMatchObject({ status: 200, body: { repaired: 1, unreachable: 0 } });
  }
  await evictDurableObject(inboxObject(dan.user.id));
  const refused = await call("POST", "/v1/me/repair", { token: dan.token });
  expectProblem(refused, 429, "rate_limited");
  const wait = Number(refused.headers.get("Retry-After"));
  expect(wait).toBeGreaterThan(30);
  expect(wait).toBeLessThanOrEqual(60);
  // The limit is for each user.
  expect((await repair(ann)).status).toBe(200);
});

test("a conversation that does not answer stays unchanged and is counted", async () => {
  using patience = new Patience();
  overrideTiming({ listRepair: { callTimeoutMs: Patience.MS } });
  const dan = await register();
  const [up, down] = [await createGroup(bob, [dan], "up"), await createGroup(bob, [dan], "down")];
  for (const { id } of [up, down]) {
    await sendAll(bob, id, ["hello"]);
    await runJobsAndEvict(id);
  }
  const [before] = await rows(dan);
  await corrupt(dan, "UPDATE conversations SET last_n = 9, ver = 99");
  const held = await HeldConversation.hold(down.id);
  try {
    // A repair waits for its turn, and then for the conversation.
    const repaired = patience.answerWithout(() => held.waiting > 0, repair(dan), 2);
    expect(await repaired).toMatchObject({ status: 200, body: { repaired: 1, unreachable: 1 } });
  } finally {
    held.release();
  }
  expect(await rows(dan)).toEqual([before, expect.objectContaining({ last_n: 9, ver: 99 })]);
  expect(await repair(dan)).toMatchObject({ status: 200, body: { repaired: 2, unreachable: 0 } });
  expect((await list(dan)).items.map(({ unread_count }) => unread_count)).toEqual([1, 1]);
});

test("an account deletion during a repair leaves nothing in the inbox", async () => {
  // The only conversation is held, so the deletion's budget is short.
  overrideTiming({ accountDeletion: { budgetMs: 10 } });
  const dan = await register();
  const { id } = await createGroup(bob, [dan]);
  await sendAll(bob, id, ["a word for Dan"]);
  await runJobsAndEvict(id);
  const held = await HeldConversation.hold(id);
  const repaired = repair(dan);
  const deleted = await deleteAccount(dan);
  held.release();
  expect(deleted.status).toBe(204);
  expectProblem(await repaired, 401, "unauthenticated");
  await runAccountDeletion(dan);
  await runJobs(id);
  expect(JSON.parse(await storedInInbox(dan))).toMatchObject({ conversations: [], device_cursors: [] });
  expectProblem(await call("POST", "/v1/me/repair", { token: dan.token }), 401, "unauthenticated");
});

test("a wrong online state is repaired", async () => {
  const [dan, eve] = [await register(), await register()];
  const { id } = await createGroup(dan, [eve]);
  const socket = await openDevice(dan.token);
  await untilShownOnline(dan, true);
  const setOnlineInD1 = (user: SignedIn, online: number) =>
    env.DB.prepare("UPDATE users SET online = ? WHERE id = ?").bind(online, user.user.id).run();
  await setOnlineInD1(dan, 0);
  await setOnlineInD1(eve, 1);
  // A registered room socket that does not exist.
  await corrupt(eve, `INSERT INTO sockets VALUES ('${"0".repeat(32)}', ${id})`);
  for (const user of [dan, eve]) expect((await repair(user)).status).toBe(200);
  for (const kind of ["sockets", "offline"] as const) await runInboxJob(eve, kind);
  await untilShownOnline(dan, true);
  await untilShownOnline(eve, false);
  socket.close();
});
