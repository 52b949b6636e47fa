import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import {
  expectAsked,
  getConversation,
  getMessage,
  listedConversation,
  page,
  send,
} from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { mergedDraft } from "../../support/clients/forwards.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  openRoom,
  type TestSocket,
  upgrade,
} from "../../support/clients/socket.ts";
import { followed, replies } from "../../support/clients/threads.ts";
import { searchAll } from "../../support/clients/wide-search.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";
import { allMentions } from "../mentions/client.ts";
import { save, savedPlaces } from "../saved/client.ts";

const [ROOT, IN_MAIN, ASIDE] = [1, 2, 3];

let ann: SignedIn;
let bob: SignedIn;
let id: number;

/** Bob answers Ann's message twice: in the main stream too, and in the thread alone. */
beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
  id = await createGroupId(ann, bob);
  await send(ann, id, "root");
  for (const also_in_main of [true, false]) {
    const thread = { root: ROOT, also_in_main };
    await send(bob, id, { kind: "text", body: { text: "heureka" }, mentions: [ann.user.id], thread });
  }
});

const Items = z.looseObject({ items: z.array(z.looseObject({ seq: z.int() })) });

/** The seqs of a list of messages, as Ann gets it. */
async function listed(path: string): Promise<number[]> {
  return Items.parse((await expectAsked(ann, id, "GET", path)).body).items.map(({ seq }) => seq);
}

/** The seqs of a page. */
const paged = async (query: string) => (await page(ann, id, query)).items.map(({ seq }) => seq);

/** What a replay from the beginning shows on a socket. */
async function replayed(socket: TestSocket): Promise<number[]> {
  await socket.next("synced");
  socket.close();
  return socket.seqs;
}

async function replayedOnDevice(query: string): Promise<number[]> {
  const device = acceptSocket(await upgrade(`${DEVICE_PATH}${query}`, ann.token));
  await device.next("ready");
  device.send({ type: "sync", conversation_id: id, after: 0, rev: 0 });
  return replayed(device);
}

/** Has each reply changed: their changes are then in the feed. */
async function edited(): Promise<void> {
  for (const seq of [IN_MAIN, ASIDE]) await edit(bob, id, seq, { body: "heureka!" });
}

const BOTH = [IN_MAIN, ASIDE];

/** The table of the guide (docs/guides/messages.md, Threads): which of the two replies each call shows. */
test.each<[where: string, seqs: () => Promise<number[]>, shown: number[]]>([
  ["the newest page", () => paged(""), [IN_MAIN]],
  ["the newest page with threads=all", () => paged("?threads=all"), BOTH],
  ["a page before", () => paged("?before=4"), [IN_MAIN]],
  ["a page before with threads=all", () => paged("?before=4&threads=all"), BOTH],
  ["a page after", () => paged("?after=1"), [IN_MAIN]],
  ["a page after with threads=all", () => paged("?after=1&threads=all"), BOTH],
  ["a page from a time", () => paged("?at=0"), [IN_MAIN]],
  ["a page from a time with threads=all", () => paged("?at=0&threads=all"), BOTH],
  ["the changes", () => edited().then(() => listed("/changes?after_rev=0")), [IN_MAIN]],
  [
    "the changes with threads=all",
    () => edited().then(() => listed("/changes?after_rev=0&threads=all")),
    BOTH,
  ],
  ["a room socket", async () => replayed(await openRoom(id, ann.token, "?after=0")), [IN_MAIN]],
  [
    "a room socket with threads=all",
    async () => replayed(await openRoom(id, ann.token, "?after=0&threads=all")),
    BOTH,
  ],
  ["a device socket", () => replayedOnDevice(""), [IN_MAIN]],
  ["a device socket with threads=all", () => replayedOnDevice("?threads=all"), BOTH],
  ["the thread", async () => (await replies(ann, id, ROOT)).items.map(({ seq }) => seq), BOTH],
  ["a call by seq", () => Promise.all(BOTH.map(async (seq) => (await getMessage(ann, id, seq)).seq)), BOTH],
  ["search", () => listed("/messages/search?q=heureka"), BOTH],
  ["search over all", async () => (await searchAll(ann, "heureka")).items.map(({ seq }) => seq), BOTH],
  ["the mentions", async () => (await allMentions(ann)).map(([, seq]) => seq), BOTH],
  [
    "the saved messages",
    async () => {
      for (const seq of BOTH) await save(ann, id, seq);
      return (await savedPlaces(ann)).map(([, seq]) => seq);
    },
    BOTH,
  ],
  [
    "the pins",
    async () => {
      for (const seq of BOTH) await expectAsked(ann, id, "PUT", `/messages/${seq}/pin`);
      return listed("/pins");
    },
    BOTH,
  ],
])("%s", async (_, seqs, shown) => {
  setTiming({ deviceFeed: { holdMs: 1 } });
  const found = await seqs();
  expect(found.filter((seq) => seq > ROOT && seq <= ASIDE).sort()).toEqual(shown);
});

test("a page has as many messages of its stream as it is asked for, and says whether more follow", async () => {
  const pages: [query: string, seqs: number[], hasMore: boolean][] = [
    ["?limit=1", [IN_MAIN], true],
    ["?limit=1&threads=all", [ASIDE], true],
    ["?before=3&limit=1&threads=all", [IN_MAIN], true],
    ["?before=3&limit=2&threads=all", [ROOT, IN_MAIN], false],
    ["?after=1&limit=1", [IN_MAIN], false],
    ["?after=1&limit=1&threads=all", [IN_MAIN], true],
    ["?after=1&limit=2&threads=all", [IN_MAIN, ASIDE], false],
  ];
  for (const [query, seqs, hasMore] of pages) {
    const { items, has_more } = await page(ann, id, query);
    expect([items.map(({ seq }) => seq), has_more], query).toEqual([seqs, hasMore]);
  }
});

test("a thread-only reply can be quoted and copied into the main stream", async () => {
  await send(ann, id, { kind: "text", body: { text: "as said" }, quote_seq: ASIDE });
  await send(ann, id, { forward: { conversation_id: id, seq: ASIDE } });
  await send(ann, id, mergedDraft([{ conversation_id: id, seq: ASIDE }]));
  const [quoting, forward, merged] = (await page(bob, id)).items.slice(-3);
  expect(quoting).toMatchObject({ quote: { seq: ASIDE, preview: "heureka" } });
  expect(forward).toMatchObject({ body: { text: "heureka" }, forwarded: { seq: ASIDE } });
  expect(merged).toMatchObject({ body: { items: [{ seq: ASIDE, body: { text: "heureka" } }] } });
  for (const copy of [quoting, forward, merged]) expect(copy).not.toHaveProperty("thread");
});

test("a thread-only reply takes reactions and pins; the notice of its pin is in the main stream", async () => {
  await expectAsked(ann, id, "PUT", `/messages/${ASIDE}/reactions/${encodeURIComponent("👍")}`);
  await expectAsked(ann, id, "PUT", `/messages/${ASIDE}/pin`);
  expect(await getMessage(bob, id, ASIDE)).toMatchObject({
    reactions: [{ count: 1 }],
    pinned_by: ann.user.id,
  });
  expect((await page(bob, id)).items.at(-1)).toMatchObject({
    ...{ kind: "tip", body: { event: "pinned", seq: ASIDE } },
  });
});

test("a list shows the reply in the main stream, and each reply is unread in one place", async () => {
  const reply = await getMessage(ann, id, IN_MAIN);
  for (const shown of [await listedConversation(ann, id), await getConversation(ann, id)]) {
    expect(shown).toMatchObject({
      ...{ last_message: { seq: IN_MAIN }, last_seq: ASIDE, updated_at: reply.created_at },
      ...{ unread_count: 1, threads_unread: 1 },
    });
  }
  expect((await followed(ann, id)).items).toMatchObject([{ unread_count: 1, read_seq: ROOT }]);
});

test("an own reply moves the read position of where it stands", async () => {
  const read = async () => [
    (await listedConversation(bob, id)).read_seq,
    (await followed(bob, id)).items[0]?.read_seq,
  ];
  expect(await read()).toEqual([IN_MAIN, ASIDE]);
  await send(bob, id, { kind: "text", body: { text: "more" }, thread: { root: ROOT } });
  expect(await read()).toEqual([4, 4]);
});

test("marking a thread-only reply unread marks what comes after it in the main stream", async () => {
  await expectAsked(ann, id, "PUT", "/read", { seq: ASIDE });
  await send(bob, id, "later");
  await expectAsked(ann, id, "PUT", "/read", { seq: 4 });
  await expectAsked(ann, id, "PUT", "/read", { seq: ASIDE, unread: true });
  expect(await listedConversation(ann, id)).toMatchObject({ unread_count: 1, unread_from: ASIDE });
});
