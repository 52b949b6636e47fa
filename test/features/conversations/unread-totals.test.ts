import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { z } from "zod";
import { expectFriendCall } from "../../support/accounts/friends.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  insertUsers,
  list,
  openDirect,
  send,
  sendAll,
} from "../../support/clients/chat.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { Costs } from "../../support/objects/costs.ts";
import { tim } from "../../surfaces/tim/client.ts";

const Totals = z.strictObject({ unread_count: z.int(), conversation_count: z.int() });
const StrictUnread = Totals.extend({ audible: Totals, friend_request_count: z.int(), spaces: z.tuple([]) });

const users = () => signedInUsers(3);

async function unread({ token }: SignedIn) {
  const answer = await call("GET", "/v1/me/unread", { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return StrictUnread.parse(answer.body);
}

/** The sums over the whole list of a user, read in pages of two. */
async function sums(who: SignedIn) {
  const items: Awaited<ReturnType<typeof list>>["items"] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page = await list(who, `?limit=2${cursor && `&cursor=${cursor}`}`);
    items.push(...page.items);
    cursor = page.next_cursor;
  }
  const total = (some: typeof items) => ({
    unread_count: some.reduce((sum, { unread_count }) => sum + unread_count, 0),
    conversation_count: some.filter(({ unread_count }) => unread_count > 0).length,
  });
  return { ...total(items), audible: total(items.filter(({ silent }) => !silent)) };
}

/** Expects these totals, soon, and that they are the sums over the list. */
async function expectTotals(who: SignedIn, all: [number, number], audible = all): Promise<void> {
  const [unread_count, conversation_count] = all;
  const [audibly, conversations] = audible;
  const totals = {
    ...{ unread_count, conversation_count },
    audible: { unread_count: audibly, conversation_count: conversations },
  };
  await eventually(async () => {
    expect(await sums(who)).toEqual(totals);
    const { friend_request_count: _, spaces: _none, ...told } = await unread(who);
    expect(told).toEqual(totals);
  });
}

const silence = (who: SignedIn, id: number, silent: boolean) =>
  ask(who, id, "PUT", "/preferences", { silent });
const read = (who: SignedIn, id: number, seq: number) => ask(who, id, "PUT", "/read", { seq });
const remove = (who: SignedIn, path: string) => call("DELETE", `/v1${path}`, { token: who.token });

test("the totals are the sums over the list, without the caller's own messages", async () => {
  const [ann, bob, cem] = await users();
  expect(await unread(ann)).toEqual({
    ...{ unread_count: 0, conversation_count: 0 },
    audible: { unread_count: 0, conversation_count: 0 },
    ...{ spaces: [], friend_request_count: 0 },
  });
  const group = await createGroup(ann, [bob, cem]);
  const other = await createGroup(bob, [ann]);
  const direct = await openDirect(ann, cem);
  await sendAll(bob, group.id, ["1", "2", "3"]);
  await sendAll(bob, other.id, ["1", "2"]);
  await send(cem, direct.id, "1");
  await expectTotals(ann, [6, 3]);
  await expectTotals(cem, [3, 1]);
  await expectTotals(bob, [0, 0]);
  expect((await read(ann, group.id, 2)).status).toBe(200);
  await expectTotals(ann, [4, 3]);
  await send(ann, group.id, "mine");
  await expectTotals(ann, [3, 2]);
  // Neither a revoked message nor a system message counts.
  expect((await deleteMessage(bob, other.id, 1, "everyone")).status).toBe(204);
  await ask(bob, other.id, "PATCH", "", { name: "new" });
  await expectTotals(ann, [2, 2]);
});

test("silent conversations count in the total, and are left out of the audible one", async () => {
  const [ann, bob, cem] = await users();
  const [loud, quiet] = [await createGroup(bob, [ann]), await createGroup(bob, [ann, cem])];
  await sendAll(bob, loud.id, ["1", "2"]);
  await sendAll(bob, quiet.id, ["1", "2", "3"]);
  await silence(ann, quiet.id, true);
  await expectTotals(ann, [5, 2], [2, 1]);
  // The flag is the caller's own.
  await expectTotals(cem, [3, 1]);
  await silence(ann, loud.id, true);
  await expectTotals(ann, [5, 2], [0, 0]);
  await silence(ann, quiet.id, false);
  await expectTotals(ann, [5, 2], [3, 1]);
});

test("a conversation that is not in the list does not count, and counts anew when it is back", async () => {
  const [ann, bob, cem] = await users();
  const direct = await openDirect(ann, bob);
  const group = await createGroup(bob, [ann, cem]);
  await sendAll(bob, direct.id, ["1", "2"]);
  await sendAll(bob, group.id, ["1", "2", "3"]);
  await expectTotals(ann, [5, 2]);
  expect((await remove(ann, `/conversations/${direct.id}`)).status).toBe(204);
  await expectTotals(ann, [3, 1]);
  await send(bob, direct.id, "3");
  await expectTotals(ann, [4, 2]);
  expect((await ask(ann, group.id, "POST", "/leave")).status).toBe(204);
  await expectTotals(ann, [1, 1]);
  await send(bob, group.id, "while Ann is away");
  expect((await ask(bob, group.id, "POST", "/members", { user_ids: [ann.user.id] })).status).toBe(200);
  await expectTotals(ann, [1, 1]);
  await send(bob, group.id, "Ann is back");
  await expectTotals(ann, [2, 2]);
  await remove(bob, `/conversations/${group.id}/members/${ann.user.id}`);
  await expectTotals(ann, [1, 1]);
  await expectTotals(cem, [5, 1]);
  expect((await remove(bob, `/conversations/${group.id}`)).status).toBe(204);
  await expectTotals(cem, [0, 0]);
});

test("a conversation whose unread messages are ignored, over tim, does not count", async () => {
  const [ann, bob] = await users();
  const { id } = await createGroup(bob, [ann]);
  await send(bob, id, "1");
  await expectTotals(ann, [1, 1]);
  const body = { groupID: String(id), messageRemindType: "Discard" };
  expect((await tim(ann, "/group/setMessageRemindType", body)).body).toMatchObject({ code: 0 });
  await send(bob, id, "2");
  await expectTotals(ann, [0, 0], [0, 0]);
});

test("a connected device changes nothing: what memory knows of the list counts", async () => {
  const [ann, bob] = await users();
  const { id } = await createGroup(bob, [ann]);
  const device = await openDevice(ann.token);
  for (let count = 1; count <= 5; count++) {
    await send(bob, id, String(count));
    await device.until(() => device.of("message").length === count);
    expect((await unread(ann)).unread_count).toBe((await sums(ann)).unread_count);
  }
  await expectTotals(ann, [5, 1]);
  expect((await getConversation(ann, id)).unread_count).toBe(5);
  device.close();
});

test("requests for friendship to the caller are counted, up to 1,000", async () => {
  const [ann, bob] = await users();
  await expectFriendCall("PUT friends", bob, ann);
  expect(await unread(ann)).toMatchObject({ friend_request_count: 1 });
  expect(await unread(bob)).toMatchObject({ friend_request_count: 0 });
  await expectFriendCall("DELETE friends", bob, ann);
  expect(await unread(ann)).toMatchObject({ friend_request_count: 0 });
  const ids = (await insertUsers(1_001)).map(({ user }) => user.id);
  const insert =
    "INSERT INTO friend_requests (user_id, from_id, created_at) SELECT ?, value, 0 FROM json_each(?)";
  await env.DB.prepare(insert).bind(ann.user.id, JSON.stringify(ids)).run();
  expect(await unread(ann)).toMatchObject({ friend_request_count: 1_000 });
});

test("the totals of many conversations cost one call of the inbox", async () => {
  const [ann, bob] = await users();
  const groups = await Promise.all(Array.from({ length: 12 }, () => createGroup(bob, [ann])));
  await Promise.all(groups.map(({ id }) => send(bob, id, "hello")));
  await expectTotals(ann, [12, 12]);
  using costs = new Costs();
  expect((await unread(ann)).unread_count).toBe(12);
  expect(costs.byMethod.get("unread")).toBe(1);
});

test("nobody reads the totals of others", async () => {
  expectProblem(await call("GET", "/v1/me/unread"), 401, "unauthenticated");
});
