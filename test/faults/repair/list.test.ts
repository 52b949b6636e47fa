import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { type Answer, call, problem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  getConversation,
  list,
  openDirect,
  page,
  remove,
  sendAll,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { HeldConversation } from "../../support/faults/hold.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";
import { inboxObject, range, runInboxJob, shownOnline } from "../../support/objects/room.ts";
import { handIn, setTiming } from "../../support/timing.ts";

/** Ann has conversations of every kind that a list can hold; Bob is in all, and in one that she never was in. */
let ann: SignedIn;
let bob: SignedIn;
/** Ann's list as it has to be; no conversation of hers changes from then on */
let wanted: unknown;

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
  const withTips = await createGroup(bob, [ann], "with tips");
  await sendAll(ann, withTips.id, ["mine"]);
  await call("POST", `${path(withTips.id)}/members`, { ...asBob, body: { user_ids: [carl.user.id] } });
  await sendAll(carl, withTips.id, ["kept", "taken back"]);
  await remove(carl, withTips.id, 4, "everyone");
  const half = await createGroup(bob, [ann], HALF);
  await sendAll(bob, half.id, range(1, 5).map(String));
  await call("PUT", `${path(half.id)}/read`, { ...asAnn, body: { seq: 2 } });
  await remove(ann, half.id, 5, "me");
  const left = await createGroup(bob, [ann], "left");
  await sendAll(bob, left.id, ["before"]);
  await call("POST", `${path(left.id)}/leave`, asAnn);
  await sendAll(bob, left.id, ["after"]);
  const back = await createGroup(bob, [ann], "back again");
  await sendAll(bob, back.id, ["before"]);
  await call("POST", `${path(back.id)}/leave`, asAnn);
  await call("POST", `${path(back.id)}/members`, { ...asBob, body: { user_ids: [ann.user.id] } });
  await sendAll(bob, back.id, ["after"]);
  const dissolved = await createGroup(bob, [ann], "dissolved");
  expect((await call("DELETE", path(dissolved.id), asBob)).status).toBe(204);
  for (const { id } of [unread, hidden, sticky, withTips, half, left, back, dissolved]) await runJobs(id);
  expect((await createGroup(bob, [carl], "without Ann")).id).toBe(dissolved.id + 1);
  wanted = await truth();
});

/** A group of which Ann has read some, and hidden what she has not read. */
const HALF = "half read";

/** Repairs, however lately it was done. */
async function repair(who: SignedIn): Promise<Answer> {
  await corrupt(who, "UPDATE presence SET repaired_at = 0");
  return call("POST", "/v1/me/repair", { token: who.token });
}

const Row = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

/** What an inbox has of its conversations, without what is known of devices. */
function rows({ user }: SignedIn): Promise<z.infer<typeof Row>[]> {
  return runInDurableObject(inboxObject(user.id), (_, { storage }) =>
    z
      .array(Row)
      .parse(storage.sql.exec("SELECT * FROM conversations ORDER BY conversation_id").toArray())
      .map(({ told_epoch: _, told_seq: __, told_rev: ___, ...row }) => row),
  );
}

/** Resolves once a conversation has nothing more to do. */
async function rest(id: number): Promise<void> {
  await runJobs(id);
  await evictDurableObject(env.CONVERSATION.getByName(String(id)));
}

function corrupt({ user }: SignedIn, ...statements: string[]): Promise<void> {
  return runInDurableObject(inboxObject(user.id), (_, { storage }) => {
    for (const statement of statements) storage.sql.exec(statement);
  });
}

/** The list as it has to be: each conversation as it is by itself, with unread counted in its history. */
async function truth(): Promise<unknown> {
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
    // How many are online is not in a list.
    const { online_count: _, ...conversation } = await getConversation(ann, id);
    const { items } = await page(ann, id, "?after=0&limit=100");
    // One that she hid from herself goes on counting.
    const hides = conversation.name === HALF ? 1 : 0;
    const after = items.filter(({ seq, kind }) => seq > conversation.read_seq && kind !== "tip");
    const { quote: __, ...last_message } = items.at(-1) ?? {};
    const shown = { ...conversation, unread_count: after.length + hides };
    found.push({ ...shown, last_message: items.length > 0 ? last_message : null });
  }
  return found
    .filter(({ last_seq, last_message }) => last_seq === 0 || last_message !== null)
    .sort((a, b) => Number(b.sticky) - Number(a.sticky) || b.updated_at - a.updated_at || b.id - a.id);
}

/** The statement that makes up a conversation. */
function row(id: string): string {
  return `INSERT INTO conversations (conversation_id, ver, state, visible_from, last_seq, last_n, read_seq, read_n,
    member_count, updated_at) VALUES (${id}, 5, 'active', 0, 5, 5, 0, 0, 2, 9000000000000)`;
}

/** All that can be wrong in an inbox, as statements. */
const WRONG: Record<string, string[]> = {
  "nothing at all": [],
  "all is gone": ["DELETE FROM conversations"],
  "one is gone": ["DELETE FROM conversations WHERE last_n > 2"],
  "counts are wrong": ["UPDATE conversations SET last_n = last_n + 7, read_n = 0"],
  "positions are wrong": [
    "UPDATE conversations SET last_seq = 0, read_seq = last_seq, visible_from = 9, rev = 77",
  ],
  "previews are gone": ["UPDATE conversations SET preview = NULL"],
  "previews are no JSON": [`UPDATE conversations SET preview = '{"seq'`],
  "previews are those of others": [
    "UPDATE conversations SET preview = (SELECT max(preview) FROM conversations WHERE preview IS NOT NULL)",
  ],
  "all claims to be newer": [
    "UPDATE conversations SET ver = ver + 1000000, last_n = 0, read_n = 9, preview = NULL, updated_at = 1",
  ],
  "all is older than it is": ["UPDATE conversations SET ver = 0, last_seq = 0, last_n = 0, updated_at = 0"],
  "states are swapped": ["UPDATE conversations SET state = iif(state = 'active', 'left', 'active')"],
  "states are none": ["UPDATE conversations SET state = 'nonsense'"],
  "flags are swapped": ["UPDATE conversations SET sticky = 1 - sticky, hidden = 1 - hidden"],
  "the order is another": ["UPDATE conversations SET updated_at = 1000 - conversation_id, member_count = 99"],
  "rows stand at other conversations, one at one that she never was in": [
    "UPDATE conversations SET conversation_id = -conversation_id",
    "UPDATE conversations SET conversation_id = 1 - conversation_id",
  ],
  "rows stand at none": ["UPDATE conversations SET conversation_id = -conversation_id"],
  "there are more, which nobody has": [row("999999"), row("-5"), row("9223372036854775807")],
  "devices were told of something else": [
    "UPDATE conversations SET told_epoch = 99, told_seq = 99 - last_seq, told_rev = last_seq",
    "UPDATE presence SET epoch = 5",
  ],
  "there are cursors of sockets that are not there": [
    "INSERT INTO device_cursors SELECT 'nobody', conversation_id, 3, 3, 1 FROM conversations",
  ],
};

test.each(Object.entries(WRONG))("a list in which %s is as it has to be after a repair", async (_, wrong) => {
  const before = await rows(ann);
  await corrupt(ann, ...wrong);
  expect(await repair(ann)).toMatchObject({ status: 200, body: { unreachable: 0 } });
  expect(await rows(ann)).toEqual(before);
  expect((await list(ann, "?limit=100")).items).toEqual(wanted);
  const cursors = await runInDurableObject(inboxObject(ann.user.id), (_, { storage }) =>
    storage.sql.exec("SELECT * FROM device_cursors").toArray(),
  );
  expect(cursors).toEqual([]);
});

test("what D1 does not know of yet is asked all the same, and stays", async () => {
  const dan = await register();
  const { id } = await createGroup(bob, [dan]);
  await sendAll(bob, id, ["hello"]);
  await runJobs(id);
  const before = await rows(dan);
  await env.DB.prepare("DELETE FROM memberships WHERE user_id = ?").bind(dan.user.id).run();
  expect(await repair(dan)).toMatchObject({ status: 200, body: { repaired: 1, unreachable: 0 } });
  expect(await rows(dan)).toEqual(before);
});

test("fifty at once are one, and another one has to wait for a minute", async () => {
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
  problem(refused, 429, "rate_limited");
  const wait = Number(refused.headers.get("Retry-After"));
  expect(wait).toBeGreaterThan(30);
  expect(wait).toBeLessThanOrEqual(60);
  // It is his own alone.
  expect((await repair(ann)).status).toBe(200);
});

test("a conversation that does not answer stays as it was, and is counted", async () => {
  // Long for the one that answers, and short for who waits for the other.
  handIn({ listRepair: { callTimeoutMs: 900 } });
  const dan = await register();
  const [up, down] = [await createGroup(bob, [dan], "up"), await createGroup(bob, [dan], "down")];
  for (const { id } of [up, down]) {
    await sendAll(bob, id, ["hello"]);
    await rest(id);
  }
  const [before] = await rows(dan);
  await corrupt(dan, "UPDATE conversations SET last_n = 9, ver = 99");
  const held = await HeldConversation.hold(down.id);
  try {
    expect(await repair(dan)).toMatchObject({ status: 200, body: { repaired: 1, unreachable: 1 } });
  } finally {
    await held.release();
  }
  expect(await rows(dan)).toEqual([before, expect.objectContaining({ last_n: 9, ver: 99 })]);
  expect(await repair(dan)).toMatchObject({ status: 200, body: { repaired: 2, unreachable: 0 } });
  expect((await list(dan)).items.map(({ unread_count }) => unread_count)).toEqual([1, 1]);
});

test("an account that is deleted meanwhile leaves nothing behind", async () => {
  // The only conversation is held: the deletion waits in vain for it.
  handIn({ accountEnd: { budgetMs: 10 } });
  const dan = await register();
  const { id } = await createGroup(bob, [dan]);
  await sendAll(bob, id, ["a word for Dan"]);
  await rest(id);
  const held = await HeldConversation.hold(id);
  const repaired = repair(dan);
  const deleted = await deleteAccount(dan);
  await held.release();
  expect(deleted.status).toBe(204);
  problem(await repaired, 401, "unauthenticated");
  await runAccountDeletion(dan);
  await runJobs(id);
  expect(JSON.parse(await storedInInbox(dan))).toMatchObject({ conversations: [], device_cursors: [] });
  problem(await call("POST", "/v1/me/repair", { token: dan.token }), 401, "unauthenticated");
});

test("who is shown as online, or is not, is shown as he is", async () => {
  const [dan, eve] = [await register(), await register()];
  const { id } = await createGroup(dan, [eve]);
  const socket = await openDevice(dan.token);
  await shownOnline(dan, eve, true);
  const shows = (user: SignedIn, online: number) =>
    env.DB.prepare("UPDATE users SET online = ? WHERE id = ?").bind(online, user.user.id).run();
  await shows(dan, 0);
  await shows(eve, 1);
  // A room's socket that nobody has.
  await corrupt(eve, `INSERT INTO sockets VALUES ('${"0".repeat(32)}', ${id})`);
  for (const user of [dan, eve]) expect((await repair(user)).status).toBe(200);
  for (const kind of ["sockets", "offline"] as const) await runInboxJob(eve, kind);
  await shownOnline(dan, eve, true);
  await shownOnline(eve, dan, false);
  socket.close();
});
