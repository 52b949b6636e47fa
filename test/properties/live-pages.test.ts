import fc from "fast-check";
import { expect, test } from "vitest";
import type { Room } from "../../src/conversation/room.ts";
import { LIVE_PAGE, LivePages } from "../../src/conversation/views/live-pages.ts";
import { devicePage } from "../../src/conversation/views/replay-page.ts";
import { Position, Seq, type UserId } from "../../src/domain/ids.ts";
import { LIMITS } from "../../src/domain/limits.ts";
import { ReactionKey } from "../../src/domain/messages/reactions.ts";
import { unpack } from "../../src/domain/sync/packed-page.ts";
import type { DevicePage } from "../../src/domain/sync/replay.ts";
import { deviceProtocol } from "../../src/surfaces/v1/frames/device.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../support/objects/isolated-room.ts";
import { runOptions } from "../support/property-runs.ts";

const MEMBERS = [ANN, BOB];
const KEY = ReactionKey.parse("👍");
/** A wire format that shows no message. */
const blank = { encode: () => null };

/** What changes a message, or who sees it how. `back` counts from the newest message. */
const change = fc.oneof(
  fc.record({ type: fc.constant("say"), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ type: fc.constantFrom("quote", "react", "hide", "revoke", "reply"), back: fc.nat(6) }),
  fc.record({ type: fc.constantFrom("nickname", "card"), name: fc.constantFrom("Ann", "Anna") }),
  fc.record({ type: fc.constant("delete conversation") }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
/** The wire formats of a member's devices; undefined: unknown. */
const formats = fc.constantFrom(["v1"], ["v1"], ["v1", "blank"], ["blank"], undefined);
/** How far two members are behind: most often as far as each other, and seldom changes. */
const behind = fc.record({ messages: fc.tuple(fc.nat(4), fc.nat(1)), changes: fc.constantFrom(0, 0, 0, 1) });
const step = fc.record({ change, actor: fc.nat(1), behind, formats: fc.tuple(formats, formats) });

function say(room: Room, count: number, options = {}): void {
  const draft = { clientMsgId: undefined, kind: "text", body: '{"text":"hi"}', quoteSeq: undefined } as const;
  const drafts = Array.from({ length: count }, () => ({ ...draft, mentions: [], ...options }));
  room.sends.submit(ANN, drafts, { resolve: () => undefined });
  room.flushSends();
}

/** Gives Ann another nickname. */
function rename(room: Room, nickname: string): void {
  const ann = { id: ANN, username: "", nickname, avatar: "" };
  room.commit((tx) => room.profiles.store(tx, ann, Date.now()));
}

async function apply(room: Room, made: Change, userId: UserId): Promise<void> {
  if ("count" in made) return say(room, made.count);
  if ("name" in made) {
    if (made.type === "card") room.group.change(ANN, ANN, { nameCard: made.name });
    else rename(room, made.name);
    return;
  }
  if (!("back" in made)) return room.readPositions.deleteForMe(userId, true);
  const seq = Seq.parse(Math.max(1, room.log.last.seq - made.back));
  if (made.type === "quote") say(room, 1, { quoteSeq: seq });
  else if (made.type === "reply") say(room, 1, { thread: { root: seq, alsoInMain: made.back % 2 === 0 } });
  // What is refused, as a reaction to a revoked message, changes nothing.
  else if (made.type === "react") await room.reactions.add({ userId, seq, key: KEY }).catch(() => undefined);
  else if (made.type === "hide") await room.redaction.hide(userId, seq).catch(() => undefined);
  else await room.redaction.revoke(ANN, seq).catch(() => undefined);
}

/** How far a member's devices are behind, and their wire formats. */
interface Place {
  messages: number;
  changes?: number;
  formats?: readonly string[] | undefined;
}

/** A page without the texts of formats that nobody wants, which it may have. */
function wanted(page: DevicePage | undefined) {
  const isWanted = ([name]: [string, unknown]) => !page?.formats || page.formats.includes(name);
  const messages = page?.messages.map(({ texts, ...message }) => ({
    ...message,
    texts: Object.fromEntries(Object.entries(texts).filter(isWanted)),
  }));
  return { ...page, messages };
}

/** The live page of a member, and the page that is made for them alone. */
function pagesOf(room: Room, pages: LivePages, userId: UserId, place: Place) {
  const { messages, changes = 0, formats: names } = place;
  room.changeFeed.flush();
  const member = room.members.active(userId);
  const upToRev = room.changeFeed.announcedRev;
  const seq = Position.parse(Math.max(0, room.log.last.seq - messages));
  const rev = Math.max(0, upToRev - changes);
  const { page, packedPage } = pages.after(member, { seq, rev, ...(names && { formats: names }) }, upToRev);
  const request = { after: seq, rev, upToRev, formats: names, isLive: true, maxMessages: LIVE_PAGE };
  const alone = devicePage(room, member, { ...request, maxBytes: LIMITS.livePageBytes });
  return { live: wanted(packedPage ? unpack(packedPage) : page), alone: wanted(alone), packedPage };
}

test("a live page is what a member would get alone, whatever the page of another member has", async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) =>
    inIsolatedObject("group", async (storage) => {
      const room = isolatedRoom(storage, undefined, { v1: deviceProtocol, blank });
      const pages = new LivePages(room);
      say(room, 5);
      for (const { change: made, actor, behind: by, formats: names } of steps) {
        await apply(room, made, MEMBERS[actor] ?? ANN);
        const [messages, more] = by.messages;
        const anns = pagesOf(room, pages, ANN, { messages, formats: names[0] });
        const behindAnn = { messages: messages + more, changes: by.changes };
        const bobs = pagesOf(room, pages, BOB, { ...behindAnn, formats: names[1] });
        expect([anns.live, bobs.live]).toEqual([anns.alone, bobs.alone]);
      }
    }),
  );
  await fc.assert(property, runOptions(12, 30));
});

test("members at the same position share one page, until a sender is shown otherwise", () =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    say(room, 10);
    const pages = new LivePages(room);
    const [anns, bobs] = MEMBERS.map((id) => pagesOf(room, pages, id, { messages: 5 }).packedPage);
    expect(anns?.seqs).toEqual([6, 7, 8, 9, 10]);
    expect(bobs).toBe(anns);
    rename(room, "Ann the second");
    expect(pagesOf(room, pages, BOB, { messages: 5 }).packedPage).not.toBe(bobs);
  }));

test("a live page has at most 500 messages, and the next one goes on behind them", () =>
  inIsolatedObject("group", async (storage) => {
    const room = isolatedRoom(storage);
    say(room, 600);
    const pages = new LivePages(room);
    const first = pagesOf(room, pages, BOB, { messages: 600 });
    expect(first.live).toMatchObject({ lastSeq: 500, hasMore: true });
    expect(first.live).toEqual(first.alone);
    const { live, alone } = pagesOf(room, pages, BOB, { messages: 100 });
    expect(live).toMatchObject({ after: 500, lastSeq: 600, hasMore: false });
    expect(live).toEqual(alone);
  }));
