import { expect } from "vitest";
import { z } from "zod";
import { Unread } from "../../../src/surfaces/v1/accounts/me.ts";
import { Pins } from "../../../src/surfaces/v1/messages/pins.ts";
import { allMentions } from "../../features/mentions/client.ts";
import { saved } from "../../features/saved/client.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { expectAsked, getConversation, getMessage } from "../../support/clients/chat.ts";
import {
  asLastMessage,
  type StrictConversation,
  StrictList,
  type StrictMessage,
  StrictSearch,
} from "../../support/clients/shapes.ts";
import { followed } from "../../support/clients/threads.ts";
import { addresses, allPages } from "../../support/clients/wide-search.ts";
import { eventually } from "../../support/eventually.ts";
import type { Driver } from "../../support/surfaces/driver.ts";
import { DRIVERS } from "../drivers.ts";
import { data } from "../tim/client.ts";
import { type Loaded, load } from "./readers.ts";
import { POLL, type World } from "./world.ts";

/** What a look compares with: all that Bob sees, loaded anew. */
interface Fresh extends Loaded {
  conversation: StrictConversation;
}

/** Loads everything that Bob sees. */
async function loadAnew({ bob, id }: World): Promise<Fresh> {
  return { ...(await load(bob, id)), conversation: await getConversation(bob, id) };
}

/** A way a state reaches Bob: asserts that it shows what a fresh load shows. */
type Look = (world: World, fresh: Fresh) => Promise<void>;

/** A way a state reaches members and viewers. */
type SharedLook = (who: SignedIn, id: number, loaded: Loaded) => Promise<void>;

const seqs = (messages: { seq: number }[]) => messages.map(({ seq }) => seq);

const has = ({ revoked, kind, body }: StrictMessage, word: string) =>
  !revoked && kind !== "tip" && JSON.stringify(body).includes(word);

/** A message in an API that knows texts alone. */
function asText({ kind, body }: StrictMessage): unknown {
  if (kind === "poll") return [POLL.body.question, "1. yes", "2. no"].join("\n");
  return body.text;
}

const one: SharedLook = async (who, id, { all }) => {
  const single = await Promise.all(all.map(({ seq }) => getMessage(who, id, seq)));
  expect(single, "each message").toEqual(all);
};

const list: Look = async ({ bob, id, draft }, { conversation, main }) => {
  const { archived, deleted } = conversation;
  await eventually(async () => {
    const path = `/v1/conversations?limit=100&archived=${archived}`;
    const { items } = StrictList.parse((await call("GET", path, { token: bob.token })).body);
    const listed = items.find((item) => item.id === id);
    if (deleted) {
      expect(listed, "the list").toBeUndefined();
      return;
    }
    // Lists have neither who is online nor quotes.
    const { online_count: _, viewer_count: _viewers, last_message, ...shared } = conversation;
    const { quote: __, ...preview } = last_message ?? {};
    expect(listed, "the list").toEqual({
      ...{ ...shared, last_message: last_message && preview },
      ...(draft !== null && { draft: expect.objectContaining({ text: draft }) }),
    });
  });
  const last = main.at(-1);
  expect(conversation.last_message, "the last message").toEqual(last ? asLastMessage(last) : null);
};

const totals: Look = async ({ bob }, { conversation }) => {
  const { unread_count, silent, archived, deleted } = conversation;
  const counts = !deleted && !(silent && archived);
  await eventually(async () => {
    const { body } = await call("GET", "/v1/me/unread", { token: bob.token });
    expect(Unread.parse(body).unread_count, "the unread total").toBe(counts ? unread_count : 0);
  });
};

const search: SharedLook = async (who, id, { all }) => {
  const { body } = await expectAsked(who, id, "GET", "/messages/search?q=word&limit=100");
  const expected = all.filter((message) => has(message, "word")).reverse();
  const found = StrictSearch.parse(body).items;
  expect(found, "the search in one").toEqual(expected);
};

const searchAll: Look = async ({ bob, id }, { all }) => {
  const expected = all.filter((message) => has(message, "word")).reverse();
  const pages = await allPages(bob, "word");
  expect(addresses(pages), "the search over all").toEqual(seqs(expected).map((seq) => `${id}/${seq}`));
  expect(
    pages.flatMap(({ items }) => items),
    "the search over all",
  ).toEqual(expected);
};

const mentions: Look = async ({ bob, id }, { all, conversation }) => {
  const { read_seq, unread_from } = conversation;
  const threads = await followed(bob, id, "?limit=100");
  const readIn = (root: number) => threads.items.find((thread) => thread.root.seq === root)?.read_seq ?? 0;
  const isUnread = ({ seq, thread }: StrictMessage) => {
    if (thread && !thread.also_in_main) return seq > Math.max(read_seq, readIn(thread.root));
    return unread_from === undefined ? seq > read_seq : seq >= unread_from;
  };
  const isMention = ({ sender, mentions: named, revoked }: StrictMessage) =>
    sender.id !== bob.user.id && !revoked && (named === "all" || named.includes(bob.user.id));
  const places = all
    .filter(isMention)
    .map((message): [number, number, boolean] => [id, message.seq, isUnread(message)]);
  const inOrder = (isFirst: boolean) => places.filter((place) => place[2] === isFirst).reverse();
  const expected = [...inOrder(true), ...inOrder(false)];
  await eventually(async () => expect(await allMentions(bob), "the mentions").toEqual(expected));
};

const threads: Look = async ({ bob, id }, { all, conversation }) => {
  const { items } = await followed(bob, id, "?limit=100");
  for (const { root, unread_count, read_seq } of items) {
    expect(root, "the root of a thread").toEqual(all.find(({ seq }) => seq === root.seq));
    const isUnread = ({ seq, thread }: StrictMessage) =>
      thread?.root === root.seq && !thread.also_in_main && seq > read_seq;
    expect(unread_count, "what is unread in a thread").toBe(all.filter(isUnread).length);
  }
  expect(conversation.threads_unread, "what is unread in threads").toBe(
    items.reduce((sum, { unread_count }) => sum + unread_count, 0),
  );
};

const pins: SharedLook = async (who, id, { all }) => {
  const { body } = await expectAsked(who, id, "GET", "/pins");
  expect(Pins.parse(body).items, "the pins").toEqual(all.filter(({ pinned_at }) => pinned_at > 0));
};

const savedList: Look = async ({ bob, saved: expected }, { all }) => {
  const { items } = await saved(bob, "?limit=100");
  expect(seqs(items), "the saved messages").toEqual([...expected]);
  for (const { seq, message, note } of items) {
    expect(message, "a saved message").toEqual(all.find((shown) => shown.seq === seq));
    expect(note).toBe("a note");
  }
};

const Profile = z.object({
  conversation: z.looseObject({ groupAtInfoList: z.array(z.looseObject({ messageSequence: z.int() })) }),
});

const timMentions: Look = async ({ bob, id, place }, { main, conversation }) => {
  if (place === "direct") return;
  const input = { conversationID: `GROUP${id}` };
  const { read_seq, unread_from = read_seq + 1 } = conversation;
  const isNamed = ({ seq, sender, revoked, mentions: named }: StrictMessage) =>
    seq >= unread_from &&
    sender.id !== bob.user.id &&
    !revoked &&
    (named === "all" || named.includes(bob.user.id));
  await eventually(async () => {
    const profile = await data(Profile, bob, "/conversation/getConversationProfile", input);
    const named = profile.conversation.groupAtInfoList.map(({ messageSequence }) => messageSequence);
    expect(named.toSorted(), "the mentions of tim").toEqual(seqs(main.filter(isNamed)));
  });
};

/** What a member and a viewer are shown alike. */
const SHARED_LOOKS: SharedLook[] = [one, pins, search];
const LOOKS: Look[] = [list, totals, threads, searchAll, mentions, savedList, timMentions];

/** An API shows the main stream. To read a history marks it as read in some: counts come first. */
async function otherApis(world: World, { main, conversation }: Fresh): Promise<void> {
  const { bob, id, place } = world;
  const here = (driver: Driver) => driver.name !== "appkey" || place === "direct";
  const drivers = DRIVERS.filter(({ name }) => name !== "v1").filter(here);
  for (const { name, unread } of drivers) {
    if (!unread || conversation.deleted) continue;
    await eventually(async () => expect(await unread(bob, id), name).toBe(conversation.unread_count));
  }
  const said = main.filter(({ kind, revoked }) => kind !== "tip" && !revoked);
  const texts = (word: string) => said.filter((message) => has(message, word)).map(asText);
  for (const { name, search: find } of drivers) {
    const found = (await find?.(bob, id, "word"))?.map(({ text }) => text);
    if (found) expect(found, `search of ${name}`).toEqual(texts("word"));
  }
  for (const { name, history } of drivers) {
    const read = (await history?.(bob, id))?.map(({ text }) => text);
    if (read) expect(read, `history of ${name}`).toEqual(said.map(asText));
  }
}

/** Asserts that Bob is shown the same by every way, and Ann and Eve too. */
export async function look(world: World): Promise<void> {
  const { ann, bob, id } = world;
  const fresh = await loadAnew(world);
  for (const reader of [...world.devices, ...world.rooms]) await reader.agrees(fresh);
  for (const reader of [...world.before, ...world.between]) {
    await reader.comes();
    await reader.agrees(fresh);
  }
  const ofAnn = await load(ann, id);
  for (const reader of world.anns) await reader.agrees(ofAnn);
  expect(world.shownToFormer, "what Cas is shown after the ban").toEqual([]);
  if (world.place === "audience room") await lookAsViewer(world);
  await Promise.all([
    ...SHARED_LOOKS.map((shows) => shows(bob, id, fresh)),
    ...LOOKS.map((shows) => shows(world, fresh)),
  ]);
  await otherApis(world, fresh);
}

/** Asserts that Eve, who is no member, is shown the same by every way that a viewer has. */
async function lookAsViewer({ eve, eves, id }: World): Promise<void> {
  const loaded = await load(eve, id);
  for (const reader of eves.live) await reader.agrees(loaded);
  for (const reader of eves.between) {
    await reader.comes();
    await reader.agrees(loaded);
  }
  await Promise.all(SHARED_LOOKS.map((shows) => shows(eve, id, loaded)));
}
