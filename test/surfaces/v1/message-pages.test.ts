import { beforeAll, expect, test } from "vitest";
import { call, problem, register, type SignedIn } from "../../support/api.ts";
import { createGroup, page, remove, send, sendAll } from "../../support/chat.ts";

let ann: SignedIn;
let bob: SignedIn;
/** holds the messages 1 to 6 */
let id: number;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  id = (await createGroup(ann, [bob])).id;
  await sendAll(ann, id, ["1", "2", "3", "4", "5", "6"]);
});

async function seqs(query: string, caller = ann, of: number = id): Promise<[number[], boolean]> {
  const { items, has_more } = await page(caller, of, query);
  return [items.map(({ seq }) => seq), has_more];
}

test.each<[string, number[], boolean]>([
  ["", [1, 2, 3, 4, 5, 6], false],
  ["?limit=100", [1, 2, 3, 4, 5, 6], false],
  ["?limit=7", [1, 2, 3, 4, 5, 6], false],
  ["?limit=6", [1, 2, 3, 4, 5, 6], false],
  ["?limit=5", [2, 3, 4, 5, 6], true],
  ["?limit=1", [6], true],
  ["?before=7&limit=6", [1, 2, 3, 4, 5, 6], false],
  ["?before=7&limit=5", [2, 3, 4, 5, 6], true],
  ["?before=9007199254740991&limit=2", [5, 6], true],
  ["?before=6&limit=5", [1, 2, 3, 4, 5], false],
  ["?before=6&limit=4", [2, 3, 4, 5], true],
  ["?before=2", [1], false],
  ["?before=2&limit=1", [1], false],
  ["?before=3&limit=1", [2], true],
  ["?before=1", [], false],
  ["?before=0", [], false],
  ["?after=0&limit=6", [1, 2, 3, 4, 5, 6], false],
  ["?after=0&limit=5", [1, 2, 3, 4, 5], true],
  ["?after=1&limit=5", [2, 3, 4, 5, 6], false],
  ["?after=1&limit=4", [2, 3, 4, 5], true],
  ["?after=4&limit=1", [5], true],
  ["?after=5&limit=1", [6], false],
  ["?after=5", [6], false],
  ["?after=6", [], false],
  ["?after=7", [], false],
  ["?after=9007199254740991", [], false],
])("a page with '%s' is %j", async (query, wanted, more) => {
  expect(await seqs(query)).toEqual([wanted, more]);
  expect(await seqs(query, bob)).toEqual([wanted, more]);
});

test("a page of a conversation without messages is empty", async () => {
  const empty = (await createGroup(ann)).id;
  for (const query of ["", "?after=0", "?before=1", "?limit=1"]) {
    expect(await seqs(query, ann, empty)).toEqual([[], false]);
  }
});

test.each([1, 2, 3, 4])("pages of %i in either direction are all messages once", async (limit) => {
  const forth: number[] = [];
  for (let more = true; more; ) {
    const [items, has] = await seqs(`?after=${forth.at(-1) ?? 0}&limit=${limit}`);
    forth.push(...items);
    more = has;
  }
  expect(forth).toEqual([1, 2, 3, 4, 5, 6]);
  const back: number[] = [];
  for (let more = true; more; ) {
    const [items, has] = await seqs(`?before=${back[0] ?? 7}&limit=${limit}`);
    back.unshift(...items);
    more = has;
  }
  expect(back).toEqual([1, 2, 3, 4, 5, 6]);
});

test("fifty to a page unless it is told otherwise, a hundred at most", async () => {
  const long = (await createGroup(ann)).id;
  await Promise.all(Array.from({ length: 101 }, (_, i) => send(ann, long, `${i}`)));
  const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
  expect(await seqs("", ann, long)).toEqual([from(52, 101), true]);
  expect(await seqs("?after=0", ann, long)).toEqual([from(1, 50), true]);
  expect(await seqs("?limit=100", ann, long)).toEqual([from(2, 101), true]);
  expect(await seqs("?after=1&limit=100", ann, long)).toEqual([from(2, 101), false]);
});

test("what one has hidden is not on his pages, and they are full all the same", async () => {
  const group = (await createGroup(ann, [bob])).id;
  await sendAll(ann, group, ["1", "2", "3", "4", "5"]);
  for (const seq of [1, 3, 5]) expect((await remove(bob, group, seq, "me")).status).toBe(204);
  expect(await seqs("", bob, group)).toEqual([[2, 4], false]);
  expect(await seqs("?limit=2", bob, group)).toEqual([[2, 4], false]);
  expect(await seqs("?limit=1", bob, group)).toEqual([[4], true]);
  expect(await seqs("?after=0&limit=1", bob, group)).toEqual([[2], true]);
  expect(await seqs("?after=2&limit=1", bob, group)).toEqual([[4], false]);
  expect(await seqs("?before=3", bob, group)).toEqual([[2], false]);
  expect(await seqs("", ann, group)).toEqual([[1, 2, 3, 4, 5], false]);
});

const WRONG = ["-1", "1.5", "1e1", "abc", "", "%00", "9007199254740993", "9".repeat(40), "null"];
test.each([
  ...WRONG.flatMap((value) => [`before=${value}`, `after=${value}`, `limit=${value}`]),
  "limit=0",
  "limit=101",
  "before=3&after=1",
  "before=0&after=0",
  "before=3&before=4",
  "limit=1&limit=2",
])("a page with '?%s' is refused", async (query) => {
  const answer = await call("GET", `/v1/conversations/${id}/messages?${query}`, { token: ann.token });
  problem(answer, 400, "validation_failed");
});
