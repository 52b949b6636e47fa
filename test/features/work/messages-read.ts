import type { CONVERSATION_CALLS } from "../../../src/conversation/calls.ts";
import { Position } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { type LargeGroup, LONGEST_TEXT } from "./large-group.ts";
import type { Rows } from "./rows.ts";

const limit = LIMITS.page;
/** Fewer than have changed: as many as the setting says are more than a test makes. */
const maxChanges = 100;
/** Unread counts leave them out. */
const OF_FOLLOWED = "the revoked replies of followed threads behind what the member has read, 1 row for each";
const owner = ({ owner: userId }: LargeGroup) => ({ userId });
const position = (seq: number) => Position.parse(seq);

/** A position of an export behind everything. */
const exported = ({ newest }: LargeGroup) => {
  return { rev: 1_000_000, seq: newest, member: 0, upToRev: 1_000_000, upToSeq: newest };
};

/** The calls that read messages of a conversation. */
export const MESSAGES_READ = {
  allMessages: {
    worst: "100 of the largest texts",
    cases: [() => [{ limit }]],
    ...{ read: 400, written: 5, bytes: 4_500_000 },
    by: "`page`, 100 messages",
  },
  exportPage: {
    worst: "the beginning; the largest texts; a poll for which all have voted; the members",
    cases: [
      () => [{ mark: 1 }],
      (g) => [{ after: { ...exported(g), seq: (g.largest[0] ?? 1) - 1 } }],
      (g) => [{ after: { ...exported(g), seq: g.poll - 1 } }],
      (g) => [{ after: { ...exported(g), seq: g.newest } }],
    ],
    ...{ read: 4_000, written: 5, bytes: 190_000 },
    by: "200 messages; 256 KiB of texts and marks, or one message; 200 members",
  },
  ownMessages: {
    worst: "the messages of the owner",
    cases: [(g) => [{ of: g.owner, after: 0 }], (g) => [{ of: g.owner, after: (g.largest[0] ?? 1) - 1 }]],
    ...{ read: 4_000, written: 5, bytes: 50_000 },
    by: "2,000 messages that are looked through; 256 KiB of them",
  },
  page: {
    worst:
      "100 of the largest texts; a page behind or before runs of hidden messages and of thread-only replies",
    cases: [
      (g) => [{ ...owner(g), limit }],
      (g) => [{ ...owner(g), limit, before: position(g.first.changed) }],
      (g) => [{ ...owner(g), limit, before: position(g.first.changed + 50) }],
      (g) => [{ ...owner(g), limit, after: position(g.first.hidden - 50) }],
      (g) => [{ ...owner(g), limit, after: position(g.first.replies - 1) }],
      (g) => [{ ...owner(g), limit, at: 1 }],
      (g) => [{ ...owner(g), limit, before: position(g.first.changed), scope: "all" }],
    ],
    ...{ read: 3_900, written: 5, bytes: 2_700_000 },
    by: "`page`, `pageBytes`",
    grows: "the messages that the caller has hidden one by one, 2 rows for each",
  },
  pageWithContext: {
    worst: "as `page`",
    cases: [
      (g) => [{ ...owner(g), limit }],
      (g) => [{ ...owner(g), limit, before: position(g.first.changed + 50) }],
      (g) => [{ ...owner(g), limit, after: position(g.first.hidden - 50) }],
      (g) => [{ ...owner(g), limit, at: 1 }],
    ],
    ...{ read: 3_900, written: 5, bytes: 2_700_000 },
    by: "`page`, `pageBytes`",
    grows: "the messages that the caller has hidden one by one, 2 rows for each",
  },
  readablePage: {
    worst: "a page behind many revoked and hidden messages, with the total",
    cases: [
      (g) => [{ ...owner(g), ascending: false, limit }],
      (g) => [{ ...owner(g), ascending: false, limit, before: g.first.replies }],
      (g) => [{ ...owner(g), ascending: false, limit, before: g.first.hidden }],
      (g) => [{ ...owner(g), ascending: false, limit, skip: 2 * g.size }],
    ],
    ...{ read: 9_000, written: 5, bytes: 2_700_000 },
    by: "`page`, `pageBytes`",
    grows: "revoked messages, and those that the caller has hidden one by one, 3 rows for each",
  },
  history: {
    worst: "no message passes the filter",
    cases: [
      (g) => [{ ...owner(g), ascending: false, limit }],
      (g) => [{ ...owner(g), ascending: true, limit, kind: "image" }],
      (g) => [{ ...owner(g), ascending: true, limit, text: "nothing" }],
    ],
    ...{ read: 34_000, written: 5, bytes: 2_700_000 },
    by: "20,000 scanned messages (`readable-log.ts`), one such read of a user at a time",
    grows: "the messages that are looked through, 2 rows for each, to the bound",
  },
  message: {
    worst: "the largest text, with 20 reactions",
    cases: [(g) => [{ ...owner(g), seq: g.newest }]],
    ...{ read: 85, written: 5, bytes: 28_000 },
    by: "one message",
  },
  messages: {
    worst: "as many of the largest texts as may be merged",
    cases: [(g) => [{ ...owner(g), seqs: g.largest.slice(0, 8) }]],
    ...{ read: 65, written: 5, bytes: 200_000 },
    by: "`mergedItems`, `mergedBytes`",
  },
  visibleMessages: {
    worst: "100 of the largest texts",
    cases: [(g) => [{ ...owner(g), seqs: g.largest }]],
    ...{ read: 610, written: 5, bytes: 2_800_000 },
    by: "`page`, `pageBytes`",
  },
  messagesInContext: {
    worst: "as `visibleMessages`",
    cases: [(g) => [{ ...owner(g), seqs: g.largest }]],
    ...{ read: 610, written: 5, bytes: 2_800_000 },
    by: "`page`, `pageBytes`",
  },
  attributes: {
    worst: "few attributes",
    cases: [(g) => [owner(g)]],
    ...{ read: 20, written: 5, bytes: 100 },
    by: "`groupAttributes`, `attributesBytes`",
  },
  counters: {
    worst: "few counters",
    cases: [(g) => [owner(g)]],
    ...{ read: 25, written: 5, bytes: 100 },
    by: "`groupCounters`",
  },
  pins: {
    worst: "100 pinned messages, the largest",
    cases: [(g) => [owner(g)]],
    ...{ read: 400, written: 5, bytes: 2_700_000 },
    by: "`pins`",
  },
  attachments: {
    worst: "more messages of a type than a page has",
    cases: [(g) => [{ ...owner(g), type: "audio", limit }]],
    ...{ read: 200, written: 5, bytes: 60_000 },
    by: "`page`, `pageBytes`",
  },
  changes: {
    worst: "very many changed messages, from the beginning",
    cases: [(g) => [{ ...owner(g), afterRev: 0, limit }]],
    ...{ read: 4_200, written: 5, bytes: 31_000 },
    by: "`page`, `changes`",
    grows: "the changed messages, 1 row for each, to twice `changes`",
  },
  replay: {
    worst: "as `changes`; 100 of the largest texts in every wire format",
    cases: [
      (g) => [{ ...owner(g), after: position(0), rev: 0, maxChanges }],
      (g) => [{ ...owner(g), after: position(1), rev: 0, maxChanges }],
      (g) => [{ ...owner(g), after: position(g.poll), rev: 0, maxChanges }],
      (g) => [{ ...owner(g), after: position(g.first.hidden - 1) }],
      (g) => [{ ...owner(g), after: position(g.first.replies - 1) }],
      (g) => [{ ...owner(g), after: position(g.newest - LIMITS.page) }],
    ],
    ...{ read: 2_800, written: 10, bytes: 11_000_000 },
    by: "100 messages, 200 changes, `pageBytes` for each wire format; counts changes to twice `changes`",
    grows: "the messages that the caller has hidden one by one, 2 rows for each",
  },
  threads: {
    worst: "a member who follows 500 threads",
    cases: [(g) => [{ ...owner(g), limit }]],
    ...{ read: 3_700, written: 5, bytes: 39_000 },
    by: "`followedThreads`, `page`",
    grows: OF_FOLLOWED,
  },
  threadPage: {
    worst: "a thread of very many replies",
    cases: [
      (g) => [{ ...owner(g), root: g.root, limit }],
      (g) => [{ ...owner(g), root: g.root, limit, after: position(0) }],
    ],
    ...{ read: 250, written: 5, bytes: 42_000 },
    by: "`page`, `pageBytes`",
  },
  search: {
    worst: "a common word; a filter that nothing passes; the longest query",
    cases: [
      (g) => [{ ...owner(g), text: "hello", limit }],
      (g) => [{ ...owner(g), text: "hello", limit, kind: "image" }],
      (g) => [{ ...owner(g), text: "h e l l o w", matchesWords: true, limit, until: Date.now() }],
      (g) => [{ ...owner(g), text: LONGEST_TEXT.slice(0, LIMITS.query), limit }],
    ],
    ...{ read: 5_700, written: 5, bytes: 2_700_000 },
    by: "5,000 scanned messages (`search.ts`), one such read of a user at a time",
    grows: "the messages that are looked through, 1 row for each, to the bound",
  },
  mentionPage: {
    worst: "very many messages that mention somebody else",
    cases: [
      (g) => [{ ...owner(g), after: position(0), limit }],
      (g) => [{ userId: g.next(), after: position(0), limit }],
    ],
    ...{ read: 280, written: 5, bytes: 5_600 },
    by: "`acrossConversations.maxScanned`",
  },
  reactors: {
    worst: "a reaction of all members",
    cases: [(g) => [{ ...owner(g), seq: g.newest, key: g.key, after: 0, limit }]],
    ...{ read: 150, written: 5, bytes: 5_700 },
    by: "`page`",
  },
  voters: {
    worst: "an option that all members have chosen",
    cases: [(g) => [{ ...owner(g), seq: g.poll, option: 3, after: 0, limit }]],
    ...{ read: 150, written: 5, bytes: 5_700 },
    by: "`page`",
  },
} satisfies Partial<Rows<typeof CONVERSATION_CALLS, LargeGroup>>;
