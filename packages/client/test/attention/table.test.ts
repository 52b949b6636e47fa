import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attentionOf, badgeOf, nextEnd } from "../../src/attention/index.ts";
import type { ConversationEntry, LastMessage } from "../../src/index.ts";
import { type Known, know, type News, NOTHING, newsOf, stands } from "../../src/news/index.ts";

const [ME, ANN] = [1, 2];
const NOW = 1_000_000;
const HOUR = 3_600_000;

const note = join(import.meta.dirname, "../../../../docs/design/unread.md");
/** The rows of the table: what comes, and what becomes of list, @, badge and notification. */
const rows = readFileSync(note, "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) => line.slice(2, -2).split(" | "))
  .slice(1);

type Fields = Partial<ConversationEntry>;

function said(seq: number, by = ANN, more: Partial<LastMessage> = {}): LastMessage {
  const sender = { id: by, username: "", nickname: "", avatar: "" };
  return { seq, sender, kind: "text", body: { text: "Hi" }, revoked: false, created_at: seq, ...more };
}

const tip = (seq: number) => said(seq, ANN, { kind: "tip" });

/** A conversation of ten messages, all of which are read. */
function entry(...changes: Fields[]): ConversationEntry {
  const none = { id: 7, name: "Ann", avatar: "", member_count: 2, validation: false, disabled: false };
  const peer = { id: ANN, username: "ann", nickname: "", avatar: "", online: false };
  const known = { last_message: said(10), last_seq: 10, read_seq: 10, unread_count: 0, threads_unread: 0 };
  const rest = { sticky: false, silent: false, muted_until: 0, archived: false, updated_at: 0, typing: [] };
  const own = { unread_from: undefined, mentions: [] };
  return Object.assign({ kind: "direct" as const, peer, ...none, ...known, ...rest, ...own }, ...changes);
}

const unread = { unread_count: 1, last_message: said(11), last_seq: 11 };
const reply = { threads_unread: 1, last_seq: 11 };
const named = { mentions: [11] };
const muted = { muted_until: -1 };
const readAll = { unread_count: 0, threads_unread: 0, mentions: [], read_seq: 11 };
const gone = "gone";
const unknown = "unknown";

/** What each row of the table does: the changes before it, and those that it makes. */
const acts: Record<string, [before: Fields[] | typeof unknown, then: Fields | typeof gone, at?: number]> = {
  "an own message, from any device": [[], { last_message: said(11, ME), last_seq: 11, read_seq: 11 }],
  "an own message, where others are unread": [
    [unread, named],
    { ...readAll, last_message: said(12, ME), last_seq: 12, read_seq: 12 },
  ],
  "a message of another": [[], unread],
  "a system message": [[], { last_message: tip(11), last_seq: 11 }],
  "a system message behind an unread one": [[unread], { last_message: tip(12), last_seq: 12 }],
  "a reply in a thread that the user follows": [[], reply],
  "a reply in another thread": [[], { last_seq: 11 }],
  "a reply that is in the main stream too": [[], unread],
  "a mention in the main stream": [[], { ...unread, ...named }],
  "a mention in a thread that the user follows": [[], { ...reply, ...named }],
  "a mention in another thread": [[], { last_seq: 11, ...named }],
  "an edit that adds a mention to an unread message": [[unread], named],
  "an edit that takes a mention away": [[unread, named], { mentions: [] }],
  "muted: an edit that takes a mention away": [[muted, unread, named], { mentions: [] }],
  "an edit that adds a mention to a message that was read": [[], {}],
  "a reaction, a vote, a pin": [[unread, named], {}],
  "muted: a message of another": [[muted], unread],
  "muted: a message of another, where a mention is unread": [
    [muted, unread, named],
    { unread_count: 2, last_message: said(12), last_seq: 12 },
  ],
  "muted: a reply in a thread that the user follows": [[muted], reply],
  "muted: a mention": [[muted], { ...unread, ...named }],
  "muted: an edit that adds a mention to an unread message": [[muted, unread], named],
  "the user mutes, with an unread message": [[unread], muted],
  "a mute ends by the clock, with an unread message": [[{ muted_until: NOW + HOUR }, unread], {}, NOW + HOUR],
  "a read of all, on any device": [[unread, named], readAll],
  "a read of a thread, on any device": [[reply, named], { threads_unread: 0, mentions: [] }],
  "a message is marked as unread that mentions the user": [
    [],
    { unread_count: 1, unread_from: 10, mentions: [10] },
  ],
  "the unread message is revoked, or hidden": [
    [unread, named],
    { unread_count: 0, mentions: [], last_message: said(11, ANN, { revoked: true }) },
  ],
  "the conversation goes to the archive, with an unread message": [[unread], { archived: true }],
  "a message brings it back from the archive": [unknown, unread],
  "the user takes it out of the archive, with an unread message": [
    [{ archived: true }, unread],
    { archived: false },
  ],
  "the conversation is deleted, or left": [[unread], gone],
};

/** What a client knows that has seen these changes come one by one, and what it has told that stands. */
function seenOf(changes: Fields[]): { known: Known; told: News | undefined } {
  let known = know(entry());
  let told: News | undefined;
  for (const [i] of changes.entries()) {
    const after = entry(...changes.slice(0, i + 1));
    const news = newsOf(known, after, ME, NOW);
    known = know(after, known, news);
    told = news ?? told;
    if (told && !stands(told, after, NOW)) told = undefined;
  }
  return { known, told };
}

test("the table has each act, and each act is in the table", () => {
  expect(rows.map(([what]) => what)).toEqual(Object.keys(acts));
});

test.each(rows)("%s: list %s, @ %s, badge %s, notification %s", (what, list, at, badge, notification) => {
  const [changes, then, moment = NOW] = acts[what ?? ""] ?? [];
  if (!changes || !then) throw new Error("the table has an act that the test does not know");
  const seen = changes === unknown ? [] : changes;
  const before = entry(...seen);
  const after = then === gone ? undefined : entry(...seen, then);
  const [was, is] = [attentionOf(before, NOW), attentionOf(after ?? before, moment)];
  const { known, told } = seenOf(seen);
  const from = changes === unknown ? NOTHING : known;
  const news = after && newsOf(from, after, ME, moment);
  const change = (from: number, to: number) => {
    if (from === to) return "–";
    if (to === 0 && list === "all read") return "all read";
    return to > from ? `+${to - from}` : `−${from - to}`;
  };
  const mention = is.isMentioned === was.isMentioned ? "–" : is.isMentioned ? "comes" : "goes";
  const total = badgeOf(after ? [after] : [], moment);
  const over = told && !news && !stands(told, after, moment);
  expect([
    what,
    change(was.unread, is.unread),
    mention,
    change(was.badge, total),
    news ? "shown" : over ? "goes" : "–",
  ]).toEqual([what, list, at, badge, notification]);
});

test("a mention is told once, and what names the newest message that counts is told, not the newest", () => {
  const first = entry(unread, named);
  const news = newsOf(know(entry()), first, ME, NOW);
  expect(news).toMatchObject({ conversationId: 7, reason: "message", seq: 11 });
  const read = entry(unread, readAll);
  const marked = entry(unread, readAll, { unread_from: 11, unread_count: 1 }, named);
  expect(newsOf(know(read, know(first)), marked, ME, NOW)).toBeUndefined();
  const both = entry({ unread_count: 1, last_message: tip(12), last_seq: 12 });
  expect(newsOf(know(entry()), both, ME, NOW)).toMatchObject({
    reason: "message",
    seq: undefined,
    after: 10,
  });
});

test("the mute that ends first says when to look again", () => {
  const ends = [0, -1, NOW - 1, NOW + 2 * HOUR, NOW + HOUR].map((until) => entry({ muted_until: until }));
  expect(nextEnd(ends, NOW)).toBe(NOW + HOUR);
  expect(nextEnd(ends.slice(0, 3), NOW)).toBe(Infinity);
});
