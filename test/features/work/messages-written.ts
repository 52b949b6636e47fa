import type { CONVERSATION_CALLS } from "../../../src/conversation/calls.ts";
import type { PortableMessage } from "../../../src/domain/data/portable-message.ts";
import { Position, Seq } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { ExternalId } from "../../../src/domain/server/user-ref.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { type LargeGroup, LONGEST_TEXT, largestDraft } from "./large-group.ts";
import type { Rows } from "./rows.ts";

const owner = ({ owner: userId }: LargeGroup) => ({ userId });
const mentioned = ({ others }: LargeGroup) => others.slice(0, LIMITS.mentions);
const position = (seq: number) => Position.parse(seq);
const at = (seq: number) => Seq.parse(seq);
/** The sends of one frame of a device. */
const SENDS = 100;

/** A message of elsewhere. */
function imported({ owner: senderId, others }: LargeGroup, number: number): PortableMessage {
  const reactions = others.slice(0, 100).map((userId) => ({ userId, mark: "👍", at: 1 }));
  return {
    ...{ senderId, kind: "text", body: JSON.stringify({ text: LONGEST_TEXT }), createdAt: 1, reactions },
    externalId: ExternalId.parse(`elsewhere-${number}`),
    ...{ quoted: null, thread: null, mentions: [], alsoMentioned: null, forwarded: null, clientTime: null },
    ...{ priority: null, customData: null, metadata: null, isSilent: false, details: null, subject: null },
    ...{ place: null, poll: null, pollClosedAt: 0, version: 1, editedAt: null, edits: [], votes: [] },
    ...{ pinned: null, revoked: null, hiddenBy: [], hook: null, buttons: null },
  };
}

/** The calls that write messages of a conversation, or what is beside them. */
export const MESSAGES_WRITTEN = {
  send: [
    (g) => [{ ...owner(g), draft: largestDraft(mentioned(g), { quoteSeq: g.newest, clientMsgId: "a" }) }],
    (g) => [{ ...owner(g), draft: largestDraft([], { thread: { root: g.root, alsoInMain: false } }) }],
    (g) => [{ ...owner(g), draft: { ...largestDraft([]), mentions: "all" } }],
  ],
  sendFromDevice: [
    (g) => [
      {
        ...{ ...owner(g), delivered: { seq: position(g.poll), rev: 0 }, echoAll: true },
        drafts: range(1, SENDS).map(() => largestDraft([])),
      },
      async () => null,
    ],
    (g) => [
      {
        ...{ ...owner(g), delivered: null },
        drafts: range(1, SENDS).map(() => largestDraft([], { thread: { root: g.root, alsoInMain: true } })),
      },
      async () => null,
    ],
  ],
  checkDraft: [
    (g) => [{ ...owner(g), draft: largestDraft(mentioned(g), { quoteSeq: g.newest }) }],
    (g) => [{ ...owner(g), draft: largestDraft([], { clientMsgId: "a" }) }],
  ],
  notify: [() => [{ body: JSON.stringify({ text: LONGEST_TEXT }), clientMsgId: "notice" }]],
  importMessages: [
    (g) => [{ messages: range(1, 20).map((number) => imported(g, number)), people: [] }],
    (g) => [{ messages: range(1, 20).map((number) => imported(g, number)), people: [] }],
  ],
  editMessage: range(1, LIMITS.formerVersions + 1).map((version) => (g) => {
    const body = JSON.stringify({ text: `${version % 2}${LONGEST_TEXT.slice(1)}` });
    return [{ ...owner(g), seq: g.edited, body, baseVersion: version }];
  }),
  revokeWithin: [(g) => [{ ...owner(g), seq: at(g.first.plain + 50), withinS: 120 }]],
  formerVersions: [(g) => [{ ...owner(g), seq: g.edited }]],
  hide: [(g) => [{ ...owner(g), seq: at(g.newest - 1) }], (g) => [{ ...owner(g), seq: at(g.newest - 9) }]],
  pin: [(g) => [{ ...owner(g), seq: at(g.first.plain + 60) }]],
  unpin: [(g) => [{ ...owner(g), seq: at(g.first.plain + 60) }]],
  react: [(g) => [{ userId: g.next(), seq: itemAt(g.largest, 0), key: g.key }]],
  unreact: [(g) => [{ userId: itemAt(g.others, 0), seq: g.newest, key: g.key }]],
  vote: [
    (g) => [{ userId: itemAt(g.others, 1), seq: g.poll, options: [] }],
    (g) => [{ userId: itemAt(g.others, 1), seq: g.poll, options: range(0, LIMITS.pollOptions - 1) }],
  ],
  changeAttributes: [
    (g) => [{ ...owner(g), set: { a: "x".repeat(4_000), b: "x".repeat(4_000), c: "x", d: "x" } }],
    (g) => [{ ...owner(g), deleted: "all" }],
  ],
  setCounters: [
    (g) => [
      {
        ...owner(g),
        values: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`counter ${i}`, i])),
      },
    ],
  ],
  addToCounter: [(g) => [{ ...owner(g), key: "counter 1", delta: 1 }]],
  closePoll: [(g) => [{ ...owner(g), seq: g.poll }]],
  bots: [(g) => [owner(g)]],
  passingMessage: [
    (g) => [
      {
        userId: g.bot,
        draft: {
          kind: "text",
          body: JSON.stringify({ text: LONGEST_TEXT }),
          quoteSeq: g.newest,
          onlyFor: g.owner,
        },
      },
    ],
  ],
  showStream: [(g) => [{ userId: g.bot, stream: "s", text: LONGEST_TEXT }]],
  showOnline: [
    (g) => [
      {
        ...owner(g),
        draft: {
          clientMsgId: `${g.username}-1-1`,
          kind: "text",
          body: JSON.stringify({ text: "x".repeat(4_000) }),
          customData: undefined,
        },
      },
    ],
  ],
  tap: [(g) => [{ ...owner(g), seq: g.asking, data: "8" }]],
  followThread: [(g) => [{ ...owner(g), root: g.first.mentions }]],
  unfollowThread: [(g) => [{ ...owner(g), root: g.first.mentions }]],
  readThread: [(g) => [{ ...owner(g), root: at(g.root + 1), seq: position(g.poll) }]],
  read: [(g) => [{ userId: g.next() }], (g) => [{ userId: g.next(), seq: position(g.first.mentions) }]],
  markUnread: [(g) => [{ userId: g.next(), seq: at(g.first.plain + 1) }]],
  setIgnoreUnread: [
    (g) => [{ ...owner(g), ignoresUnread: true }],
    (g) => [{ ...owner(g), ignoresUnread: false }],
  ],
  deleteForMe: [(g) => [{ userId: g.next() }], (g) => [{ userId: g.next(), keepsHistory: true }]],
  revoke: [
    (g) => [{ ...owner(g), seq: g.newest }],
    (g) => [{ ...owner(g), seq: g.poll }],
    (g) => [{ ...owner(g), seq: at(g.first.changed - 1) }],
  ],
  revokeByStaff: [(g) => [{ seq: at(g.newest - 1) }]],
  revokeSince: [(g) => [{ userId: itemAt(g.others, 6), since: Date.now() }]],
} satisfies Partial<Rows<typeof CONVERSATION_CALLS, LargeGroup>>;
