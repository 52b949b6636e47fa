import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { expectAsked, getMessage, page, send } from "../../support/clients/chat.ts";
import { untilAcked } from "../../support/clients/device-frames.ts";
import { StrictConversation } from "../../support/clients/shapes.ts";
import { type Frame, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { loseConversation, range, textFrame } from "../../support/objects/room.ts";
import { setAudienceRate, setLiveMembers } from "../../support/settings.ts";

const Sampled = z.object({ after: z.int(), last_seq: z.int(), count: z.int().positive() });
const Items = z.array(z.looseObject({ seq: z.int() }));
const Stored = z.looseObject({ seq: z.int() });

/** Ann, who owns the room; Bob and Cid, members; Vic and Wes, who look. */
let ann: SignedIn;
let bob: SignedIn;
let cid: SignedIn;
let vic: SignedIn;
let wes: SignedIn;
let id: ConversationId;

// Of the 60 messages of a burst three are shown, as a mean.
const BURST = 60;
beforeAll(() => setAudienceRate(3));

async function createRoom(fields: object = {}): Promise<ConversationId> {
  const member_ids = [bob, cid].map(({ user }) => user.id);
  const given = { kind: "group", name: "Stage", member_ids, audience: true, join_policy: "free", ...fields };
  const { body } = await call("POST", "/v1/conversations", { token: ann.token, body: given });
  return StrictConversation.parse(body).id;
}

beforeEach(async () => {
  [ann, bob, cid, vic, wes] = await registerUsers(5);
  id = await createRoom();
});

/** Sends many messages at once. */
async function burst(socket: TestSocket, count = BURST): Promise<void> {
  const { length } = socket.acks;
  const items = range(1, count).map((n) => textFrame(`message ${length + n}`, `m${length + n}`));
  socket.send({ type: "sends", items });
  await untilAcked(socket, length + count);
}

/** Sends a message that names users. @returns its seq */
async function mention(from: SignedIn, mentions: number[] | "all"): Promise<number> {
  const message = { kind: "text", body: { text: "look" }, mentions };
  const { body } = await expectAsked(from, id, "POST", "/messages", message);
  return Stored.parse(body).seq;
}

/** Waits until a socket was told of all messages up to one. */
async function untilTold(socket: TestSocket, seq: number, after = 0): Promise<ReturnType<typeof knownTo>> {
  await socket.until(() => knownTo(socket, after).seq >= seq);
  return knownTo(socket, after);
}

async function expectWholeLog(last: number): Promise<void> {
  const { items } = await page(vic, id, "?limit=100&after=0");
  expect(items.map(({ seq }) => seq)).toEqual(range(1, last));
}

describe.each([
  ["in the object of the conversation", 200],
  ["over relays", 1],
])("a burst of messages %s", (_, live) => {
  beforeAll(() => setLiveMembers(live));

  beforeEach(async () => {
    // The one place in the object, where there are relays.
    await openRoom(id, ann.token);
  });

  test("is shown as a fair part, with the range that it is of; the log has all", async () => {
    const [vics, wess, bobs] = await Promise.all([vic, wes, bob].map(({ token }) => openRoom(id, token)));
    if (!vics || !wess || !bobs) throw new Error("three are open");
    await burst(bobs);
    for (const socket of [vics, wess]) {
      const { seq, shown, missing, ranges } = await untilTold(socket, BURST);
      expect(seq).toBe(BURST);
      expect(ranges).toBeGreaterThan(0);
      expect(shown.size).toBeLessThan(BURST / 2);
      expect([...shown, ...missing].sort((a, b) => a - b)).toEqual(range(1, BURST));
    }
    expect(knownTo(vics).shown).toEqual(knownTo(wess).shown);
    await expectWholeLog(BURST);
  });

  test("leaves out nothing of one's own, of admins and of the server, and nothing that names one", async () => {
    await expectAsked(wes, id, "POST", "/join");
    await expectAsked(ann, id, "PATCH", `/members/${wes.user.id}`, { role: "admin" });
    const sockets = await Promise.all([cid, bob, bob, wes].map(({ token }) => openRoom(id, token)));
    const [cids, bobs, second, admins] = sockets;
    if (!cids || !bobs || !second || !admins) throw new Error("four are open");
    const start = (await page(ann, id)).last_seq ?? 0;
    await burst(bobs);
    const named = await mention(bob, [cid.user.id]);
    admins.send(textFrame("from an admin", "a1"));
    await untilAcked(admins, 1);
    await expectAsked(ann, id, "PUT", `/messages/${start + 1}/pin`, undefined);
    const last = start + BURST + 4;
    expect(await mention(ann, "all")).toBe(last);
    const { shown } = await untilTold(cids, last, start);
    for (const seq of [named, named + 1, named + 2, last]) expect(shown).toContain(seq);
    expect(shown.size).toBeLessThan(BURST / 2);
    const own = await untilTold(second, last, start);
    expect([...own.shown].filter((seq) => seq <= named)).toEqual(range(start + 1, named));
    await untilTold(bobs, last, start);
  });

  test("goes on behind a socket that resumes in its middle, with all that it had not been told", async () => {
    const [bobs, vics] = [await openRoom(id, bob.token), await openRoom(id, vic.token)];
    await burst(bobs, 30);
    const { seq } = await untilTold(vics, 1);
    vics.close();
    bobs.send({ type: "sends", items: range(1, 30).map((n) => textFrame(`more ${n}`, `n${n}`)) });
    const resumed = await openRoom(id, vic.token, `?after=${seq}&rev=0`);
    await burst(bobs, 30);
    const told = await untilTold(resumed, 90, seq);
    expect([...told.shown, ...told.missing].sort((a, b) => a - b)).toEqual(range(seq + 1, 90));
    const anew = await openRoom(id, vic.token, "?after=0&rev=0");
    await anew.next("synced");
    expect(knownTo(anew)).toMatchObject({ seq: 90, missing: [] });
  });

  test("tells a revoke and an edit of a message that was left out, and of no other message", async () => {
    const [bobs, vics] = [await openRoom(id, bob.token), await openRoom(id, vic.token)];
    await burst(bobs);
    const { missing } = await untilTold(vics, BURST);
    const [revoked = 0, edited = 0] = missing;
    await expectAsked(bob, id, "DELETE", `/messages/${revoked}?for=everyone`);
    await expectAsked(bob, id, "PATCH", `/messages/${edited}`, { body: { text: "new" }, base_version: 1 });
    await vics.until(() => vics.of("changed").length > 1);
    expect(vics.of("revoked")).toMatchObject([{ seq: revoked }]);
    expect(knownTo(vics).shown.has(revoked)).toBe(false);
    expect(await getMessage(vic, id, edited)).toMatchObject({ body: { text: "new" } });
    // A client that goes on behind the range has no gap to heal.
    vics.send({ type: "sync", after: BURST, rev: 0 });
    expect(await vics.next("synced")).toMatchObject({ last_seq: BURST, has_more: false });
  });
});

describe("a conversation that is lost in a burst", () => {
  beforeAll(() => setLiveMembers(1));

  test("leaves its relays nothing untold: they ask for what they may lack", async () => {
    await openRoom(id, ann.token);
    const [bobs, vics] = [await openRoom(id, bob.token), await openRoom(id, vic.token)];
    await burst(bobs, 30);
    await loseConversation(id);
    await send(ann, id, "the end");
    const { shown, missing } = await untilTold(vics, 31);
    expect([...shown, ...missing].sort((a, b) => a - b)).toEqual(range(1, 31));
  });
});

describe("over relays, while a range waits", () => {
  beforeAll(() => setLiveMembers(1));

  beforeEach(async () => {
    await openRoom(id, ann.token);
  });

  test("a reply that names one tells of what was left out before it in the same commit", async () => {
    const [bobs, cids] = [await openRoom(id, bob.token), await openRoom(id, cid.token)];
    await burst(bobs);
    // Who has hidden what is quoted is sent the reply without its quote.
    await expectAsked(cid, id, "DELETE", "/messages/1?for=me", undefined);
    for (let n = 0; n < 10; n++) {
      const reply = { ...textFrame("look", `r${n}`), quote_seq: 1, mentions: [cid.user.id] };
      bobs.send({ type: "sends", items: [textFrame("before", `b${n}`), reply] });
      await untilAcked(bobs, BURST + 2 * (n + 1));
    }
    const { shown, missing } = await untilTold(cids, BURST + 20);
    expect([...shown, ...missing].sort((a, b) => a - b)).toEqual(range(1, BURST + 20));
  });

  test("a socket that has just had a page is told of a revoke", async () => {
    const bobs = await openRoom(id, bob.token);
    await burst(bobs);
    for (let n = 1; n <= 4; n++) {
      await burst(bobs, 1);
      const vics = await openRoom(id, vic.token, "?after=0&rev=0");
      await vics.next("synced");
      await expectAsked(bob, id, "DELETE", `/messages/${n}?for=everyone`);
      await untilTold(vics, await mention(ann, "all"));
      expect(vics.of("revoked")).toContainEqual(expect.objectContaining({ seq: n }));
      vics.close();
    }
  });
});

describe("who looks gets everything", () => {
  test("below the rate", async () => {
    const room = await openRoom(id, vic.token);
    for (const text of ["one", "two", "three"]) await send(bob, id, text);
    await untilTold(room, 3);
    expect(knownTo(room)).toMatchObject({ ranges: 0, missing: [] });
    expect(room.of("messages")).toEqual([]);
  });

  test("of what owner and admins write, however much it is", async () => {
    const [anns, room] = [await openRoom(id, ann.token), await openRoom(id, vic.token)];
    await burst(anns);
    await untilTold(room, BURST);
    expect(knownTo(room)).toMatchObject({ ranges: 0, missing: [] });
  });

  test("in a group that is no audience room, and where the rate is 0", async () => {
    const restore = setAudienceRate(0);
    const off = await createRoom();
    await send(ann, off, "awake");
    restore();
    for (const group of [await createRoom({ audience: false }), off]) {
      id = group;
      const [bobs, room] = [await openRoom(id, bob.token), await openRoom(id, cid.token)];
      const start = (await page(ann, id)).last_seq ?? 0;
      await burst(bobs);
      await untilTold(room, start + BURST, start);
      expect(knownTo(room, start)).toMatchObject({ ranges: 0, missing: [] });
    }
  });
});
/** What a client of a sampled room knows. */
interface Known {
  /** every message up to here was shown, or left out with a word */
  seq: number;
  shown: Set<number>;
  /** the messages of which it was told that they were left out */
  missing: number[];
  /** how many frames had a range */
  ranges: number;
}

/**
 * What a socket has been told of the messages after one, as a client takes it. The frames of a room socket
 * alone.
 * @throws an Error at a message that comes behind a gap of which no word was said
 */
function knownTo({ frames }: Pick<TestSocket, "frames">, after = 0): Known {
  const known: Known = { seq: after, shown: new Set(), missing: [], ranges: 0 };
  const ranges: [number, number][] = [];
  for (const frame of frames) {
    const sampled = Sampled.optional().parse(frame.sampled);
    if (sampled) {
      const { after: from, last_seq: to, count } = sampled;
      if (from > known.seq || count !== to - from)
        throw new Error(`a range after ${from} behind ${known.seq}: ${JSON.stringify(sampled)}`);
      if (to > known.seq) ranges.push([Math.max(from, known.seq), to]);
      known.ranges++;
    }
    for (const seq of seqsIn(frame)) {
      if (seq > known.seq + 1 && !(sampled && seq <= sampled.last_seq))
        throw new Error(`message ${seq} comes behind ${known.seq}: ${JSON.stringify(frame)}`);
      if (!sampled) known.seq = Math.max(known.seq, seq);
      known.shown.add(seq);
    }
    if (sampled) known.seq = Math.max(known.seq, sampled.last_seq);
  }
  for (const [from, to] of ranges)
    for (let seq = from + 1; seq <= to; seq++) if (!known.shown.has(seq)) known.missing.push(seq);
  return known;
}

function seqsIn(frame: Frame): number[] {
  if (frame.type === "message") return [Items.parse([frame.message])[0]?.seq ?? 0];
  if (frame.type === "ack") return [Items.parse([frame])[0]?.seq ?? 0];
  return frame.type === "messages" || frame.type === "acks"
    ? Items.parse(frame.items).map(({ seq }) => seq)
    : [];
}
