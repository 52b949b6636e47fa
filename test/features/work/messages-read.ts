import type { CONVERSATION_CALLS } from "../../../src/conversation/calls.ts";
import { Position } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { type LargeGroup, LONGEST_TEXT } from "./large-group.ts";
import type { Rows } from "./rows.ts";

const limit = LIMITS.page;
/** Fewer than have changed: as many as the setting says are more than a test makes. */
const maxChanges = 100;
const owner = ({ owner: userId }: LargeGroup) => ({ userId });
const position = (seq: number) => Position.parse(seq);

/** A position of an export behind everything. */
const exported = ({ newest }: LargeGroup) => {
  return { rev: 1_000_000, seq: newest, member: 0, upToRev: 1_000_000, upToSeq: newest };
};

/** The calls that read messages of a conversation. */
export const MESSAGES_READ = {
  allMessages: [() => [{ limit }]],
  exportPage: [
    () => [{ mark: 1 }],
    (g) => [{ after: { ...exported(g), seq: (g.largest[0] ?? 1) - 1 } }],
    (g) => [{ after: { ...exported(g), seq: g.poll - 1 } }],
    (g) => [{ after: { ...exported(g), seq: g.newest } }],
  ],
  ownMessages: [(g) => [{ of: g.owner, after: 0 }], (g) => [{ of: g.owner, after: (g.largest[0] ?? 1) - 1 }]],
  page: [
    (g) => [{ ...owner(g), limit }],
    (g) => [{ ...owner(g), limit, before: position(g.first.changed) }],
    (g) => [{ ...owner(g), limit, before: position(g.first.changed + 50) }],
    (g) => [{ ...owner(g), limit, after: position(g.first.hidden - 50) }],
    (g) => [{ ...owner(g), limit, after: position(g.first.replies - 1) }],
    (g) => [{ ...owner(g), limit, at: 1 }],
    (g) => [{ ...owner(g), limit, before: position(g.first.changed), scope: "all" }],
  ],
  pageWithContext: [
    (g) => [{ ...owner(g), limit }],
    (g) => [{ ...owner(g), limit, before: position(g.first.changed + 50) }],
    (g) => [{ ...owner(g), limit, after: position(g.first.hidden - 50) }],
    (g) => [{ ...owner(g), limit, at: 1 }],
  ],
  readablePage: [
    (g) => [{ ...owner(g), ascending: false, limit }],
    (g) => [{ ...owner(g), ascending: false, limit, before: g.first.replies }],
    (g) => [{ ...owner(g), ascending: false, limit, before: g.first.hidden }],
    (g) => [{ ...owner(g), ascending: false, limit, skip: 2 * g.size }],
  ],
  history: [
    (g) => [{ ...owner(g), ascending: false, limit }],
    (g) => [{ ...owner(g), ascending: true, limit, kind: "image" }],
    (g) => [{ ...owner(g), ascending: true, limit, text: "nothing" }],
  ],
  message: [(g) => [{ ...owner(g), seq: g.newest }]],
  messages: [(g) => [{ ...owner(g), seqs: g.largest.slice(0, 8) }]],
  visibleMessages: [(g) => [{ ...owner(g), seqs: g.largest }]],
  messagesInContext: [(g) => [{ ...owner(g), seqs: g.largest }]],
  attributes: [(g) => [owner(g)]],
  counters: [(g) => [owner(g)]],
  pins: [(g) => [owner(g)]],
  attachments: [(g) => [{ ...owner(g), type: "audio", limit }]],
  changes: [(g) => [{ ...owner(g), afterRev: 0, limit }]],
  replay: [
    (g) => [{ ...owner(g), after: position(0), rev: 0, maxChanges }],
    (g) => [{ ...owner(g), after: position(1), rev: 0, maxChanges }],
    (g) => [{ ...owner(g), after: position(g.poll), rev: 0, maxChanges }],
    (g) => [{ ...owner(g), after: position(g.first.hidden - 1) }],
    (g) => [{ ...owner(g), after: position(g.first.replies - 1) }],
    (g) => [{ ...owner(g), after: position(g.newest - LIMITS.page) }],
  ],
  threads: [(g) => [{ ...owner(g), limit }]],
  threadPage: [
    (g) => [{ ...owner(g), root: g.root, limit }],
    (g) => [{ ...owner(g), root: g.root, limit, after: position(0) }],
  ],
  search: [
    (g) => [{ ...owner(g), text: "hello", limit }],
    (g) => [{ ...owner(g), text: "hello", limit, kind: "image" }],
    (g) => [{ ...owner(g), text: "h e l l o w", matchesWords: true, limit, until: Date.now() }],
    (g) => [{ ...owner(g), text: LONGEST_TEXT.slice(0, LIMITS.query), limit }],
  ],
  mentionPage: [
    (g) => [{ ...owner(g), after: position(0), limit }],
    (g) => [{ userId: g.next(), after: position(0), limit }],
  ],
  reactors: [(g) => [{ ...owner(g), seq: g.newest, key: g.key, after: 0, limit }]],
  voters: [(g) => [{ ...owner(g), seq: g.poll, option: 3, after: 0, limit }]],
} satisfies Partial<Rows<typeof CONVERSATION_CALLS, LargeGroup>>;
