import { beforeAll, expect, test } from "vitest";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, send, sendAll } from "../../support/clients/chat.ts";
import { aside, followedAnywhere, readThread, reply } from "../../support/clients/threads.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
});

/** The threads of all conversations, page by page: the conversation, the root and the unread replies. */
async function listed(who: SignedIn, query: string, limit: number): Promise<number[][]> {
  const rows: number[][] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page = await followedAnywhere(who, `?limit=${limit}${query}${cursor && `&cursor=${cursor}`}`);
    rows.push(...page.items.map(({ root, unread_count: n }) => [root.conversation_id, root.seq, n]));
    expect(page.unreachable).toEqual([]);
    cursor = page.next_cursor;
  }
  return rows;
}

test("the threads that a user follows are listed over all conversations, unread ones apart", async () => {
  const group = async () => {
    const { id } = await createGroup(ann, [bob]);
    await sendAll(ann, id, ["first", "second"]);
    return id;
  };
  const [one, two] = [await group(), await group()];
  // One without threads.
  await group();
  await send(bob, one, aside(1));
  await send(bob, two, aside(2));
  await send(bob, one, reply(2));
  await send(bob, two, aside(1));
  await send(bob, two, aside(1));
  await readThread(ann, one, 1, 3);
  const all = [
    [two, 1, 2],
    [one, 2, 0],
    [two, 2, 1],
    [one, 1, 0],
  ];
  for (const limit of [1, 2, 3, 100]) {
    expect(await listed(ann, "", limit), `${limit} a page`).toEqual(all);
    const unread = all.filter(([, , n]) => n !== 0);
    expect(await listed(ann, "&unread=true", limit), `${limit} a page`).toEqual(unread);
  }
  // Bob wrote in each thread, and has nothing unread there.
  expect(await listed(bob, "", 2)).toEqual(all.map(([id, root]) => [id, root, 0]));
  expect(await listed(bob, "&unread=true", 2)).toEqual([]);

  const { next_cursor: cursor } = await followedAnywhere(ann, "?limit=1");
  const mixed = `/v1/threads?unread=true&cursor=${cursor}`;
  expectProblem(await call("GET", mixed, { token: ann.token }), 400, "validation_failed");
  await ask(bob, two, "POST", "/leave");
  expect(await listed(bob, "", 100)).toEqual([
    [one, 2, 0],
    [one, 1, 0],
  ]);
});
