import { beforeAll, describe, expect, test } from "vitest";
import { ConversationId, Position, UserId } from "../../../src/domain/ids.ts";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  deleteMessage,
  getMessage,
  listedConversation,
  openDirect,
  page,
  send,
  storedInConversation,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { aside, follow, followed, replies, reply, threadCall } from "../../support/clients/threads.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";
import { conversationObject } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let cleo: SignedIn;

beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

beforeAll(async () => {
  [ann, bob, cleo] = await Promise.all([register(), register(), register()]);
});

const ask = ({ token }: SignedIn, id: number, method: string, path: string, body?: unknown) =>
  call(method, `/v1/conversations/${id}${path}`, { token, ...(body !== undefined && { body }) });

const roots = async (who: SignedIn, id: number) =>
  (await followed(who, id)).items.map(({ root }) => root.seq);
const threadsUnread = async (who: SignedIn, id: number) => (await listedConversation(who, id)).threads_unread;

describe("who joined after a root", () => {
  test("sees later replies with its number, and has no part in the thread", async () => {
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, "secret root");
    await send(bob, id, aside(1, "secret reply"));
    await ask(ann, id, "POST", "/members", { user_ids: [cleo.user.id] });
    const [room, device] = [await openRoom(id, cleo.token, "?threads=all"), await openDevice(cleo.token)];
    const also = await send(bob, id, reply(1, "open"));
    const alone = await send(bob, id, aside(1, "open"));
    await room.until(({ seqs }) => seqs.includes(alone.seq));
    expect(room.messages.map(({ thread }) => thread)).toEqual([also.thread, alone.thread]);
    await device.until(({ seqs }) => seqs.includes(also.seq));
    const { items } = await page(cleo, id, "?threads=all");
    expect(items.filter(({ kind }) => kind !== "tip")).toEqual([also, alone]);
    for (const [method, path, body] of [
      ["GET", "/1/messages"],
      ["PUT", "/1/follow"],
      ["PUT", "/1/read", { seq: 2 }],
    ] as const)
      expectProblem(await threadCall(cleo, method, id, path, body), 404, "not_found");
    expectProblem(await ask(cleo, id, "POST", "/messages", reply(1)), 404, "not_found");
    expect(await roots(cleo, id)).toEqual([]);
    for (const socket of [room, device]) expect(JSON.stringify(socket.frames)).not.toContain("secret");
    for (const socket of [room, device]) socket.close();
  });
});

describe("who does not see a root any more", () => {
  test.each([
    ["hides it", (id: number) => deleteMessage(cleo, id, 1, "me")],
    [
      "leaves and comes back",
      async (id: number) => {
        await ask(cleo, id, "POST", "/leave");
        return ask(ann, id, "POST", "/members", { user_ids: [cleo.user.id] });
      },
    ],
  ])("as they %s, follows the thread no more", async (_, act) => {
    const { id } = await createGroup(ann, [bob, cleo]);
    await send(ann, id, "root");
    await follow(cleo, id, 1);
    await send(bob, id, aside(1));
    expect(await threadsUnread(cleo, id)).toBe(1);
    expect((await act(id)).status).toBeLessThan(300);
    expect([await roots(cleo, id), await threadsUnread(cleo, id)]).toEqual([[], 0]);
    await send(bob, id, aside(1));
    expect([await roots(cleo, id), await threadsUnread(cleo, id)]).toEqual([[], 0]);
    expectProblem(await threadCall(cleo, "PUT", id, "/1/follow"), 404, "not_found");
  });

  test("as its author has hidden it, does not follow the thread with the first reply", async () => {
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, "root");
    await deleteMessage(ann, id, 1, "me");
    await send(bob, id, aside(1));
    expect([await roots(ann, id), await threadsUnread(ann, id)]).toEqual([[], 0]);
  });

  test("as they clear the history, follows what began later alone", async () => {
    const { id } = await openDirect(ann, bob);
    await send(ann, id, "root");
    await send(bob, id, aside(1));
    await ask(ann, id, "DELETE", "");
    await send(bob, id, "new root");
    await send(bob, id, aside(1));
    await send(bob, id, aside(3));
    await follow(ann, id, 3);
    expect([await roots(ann, id), await threadsUnread(ann, id)]).toEqual([[3], 0]);
  });
});

test("a conversation that was deleted from the list comes back with the main stream alone", async () => {
  const { id } = await openDirect(ann, bob);
  await send(ann, id, "root");
  await ask(bob, id, "DELETE", "");
  const root = await send(ann, id, "another root");
  await ask(bob, id, "DELETE", "");
  await send(ann, id, aside(root.seq));
  await runJobs(id);
  await expect(listedConversation(bob, id)).rejects.toThrow("not in the list");
  await send(ann, id, "main");
  expect(await listedConversation(bob, id)).toMatchObject({ unread_count: 1 });
});

describe("a revoke", () => {
  test("of a root or a reply takes its content from everybody, and leaves the thread", async () => {
    const { id } = await createGroup(ann, [bob, cleo]);
    await send(ann, id, "secret root");
    await send(bob, id, aside(1, "secret reply"));
    await send(bob, id, aside(1, "kept"));
    await deleteMessage(ann, id, 1, "everyone");
    await deleteMessage(bob, id, 2, "everyone");
    const all = [await page(cleo, id, "?threads=all"), await replies(cleo, id, 1), await followed(ann, id)];
    expect(JSON.stringify(all)).not.toContain("secret");
    expect(await getMessage(cleo, id, 1)).toMatchObject({
      revoked: true,
      body: {},
      thread_summary: { count: 1, last_seq: 3 },
    });
  });

  test("reaches the list of who left while the last messages were thread-only replies", async () => {
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, "to be revoked");
    for (let i = 0; i < 2; i++) await send(ann, id, aside(1, "aside"));
    await runJobs(id);
    expect((await ask(ann, id, "DELETE", `/members/${bob.user.id}`)).status).toBe(204);
    await runJobs(id);
    await deleteMessage(ann, id, 1, "everyone");
    await runJobs(id);
    expect(await storedInInbox(bob)).not.toContain("to be revoked");
  });
});

test("the summary says nothing of what came after the reader left", async () => {
  const { id } = await createGroup(ann, [bob, cleo]);
  await send(ann, id, "root");
  await ask(ann, id, "DELETE", `/members/${bob.user.id}`);
  await send(cleo, id, aside(1));
  const pageOf = async ({ user }: SignedIn) => {
    const after = Position.parse(0);
    const userId = UserId.parse(user.id);
    const input = { userId, after, rev: 0, includeFormer: true };
    return JSON.stringify(await conversationObject(ConversationId.parse(id)).replay(input));
  };
  // The pages of members share the texts of messages.
  expect(await pageOf(ann)).toContain("thread_summary");
  expect(await pageOf(bob)).not.toContain("thread_summary");
  expect(await pageOf(ann)).toContain("thread_summary");
});

test("the follows of a deleted account are deleted", async () => {
  const dan = await register();
  const { id } = await createGroup(ann, [dan]);
  await send(ann, id, "root");
  await send(dan, id, aside(1));
  expect(await storedInConversation(id)).toContain(`"thread_follows":[{"user_id":${ann.user.id}`);
  await deleteAccount(dan);
  await runAccountDeletion(dan);
  const stored = JSON.parse(await storedInConversation(id));
  expect(JSON.stringify(stored.thread_follows)).not.toContain(String(dan.user.id));
});
