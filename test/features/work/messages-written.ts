import type { CONVERSATION_CALLS } from "../../../src/conversation/calls.ts";
import type { PortableMessage } from "../../../src/domain/data/portable-message.ts";
import { Position, Seq } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { ExternalId } from "../../../src/domain/server/user-ref.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { type LargeGroup, LONGEST_TEXT, largestDraft } from "./large-group.ts";
import type { Rows } from "./rows.ts";

/** Unread counts leave them out. */
const OF_FOLLOWED = "the revoked replies of followed threads behind what the member has read, 1 row for each";
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
  send: {
    worst:
      "the largest text with 100 mentions and a quote; in a thread that all members follow; to everybody",
    cases: [
      (g) => [{ ...owner(g), draft: largestDraft(mentioned(g), { quoteSeq: g.newest, clientMsgId: "a" }) }],
      (g) => [{ ...owner(g), draft: largestDraft([], { thread: { root: g.root, alsoInMain: false } }) }],
      (g) => [{ ...owner(g), draft: { ...largestDraft([]), mentions: "all" } }],
    ],
    ...{ read: 3_800, written: 15, bytes: 26_000 },
    by: "`followedThreads`, 3 rows for each of them; one row for each follower of a thread",
    grows: OF_FOLLOWED,
  },
  sendFromDevice: {
    worst: "100 of the largest texts in one frame, in a thread",
    cases: [
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
    ...{ read: 3_700, written: 430, bytes: 45 },
    by: "the sends of a frame, as `send` for each; `echoedBytes`",
    grows: OF_FOLLOWED,
  },
  checkDraft: {
    worst: "as `send`",
    cases: [
      (g) => [{ ...owner(g), draft: largestDraft(mentioned(g), { quoteSeq: g.newest }) }],
      (g) => [{ ...owner(g), draft: largestDraft([], { clientMsgId: "a" }) }],
    ],
    ...{ read: 55, written: 5, bytes: 26_000 },
    by: "one message",
  },
  notify: {
    worst: "the largest text",
    cases: [() => [{ body: JSON.stringify({ text: LONGEST_TEXT }), clientMsgId: "notice" }]],
    ...{ read: 65, written: 15, bytes: 28_000 },
    by: "one message",
  },
  importMessages: {
    worst: "20 of the largest texts, with 100 reactions each",
    cases: [
      (g) => [{ messages: range(1, 20).map((number) => imported(g, number)), people: [] }],
      (g) => [{ messages: range(1, 20).map((number) => imported(g, number)), people: [] }],
    ],
    ...{ read: 8_500, written: 8_000, bytes: 3_800 },
    by: "200 messages and 512 Ki units in a call; a row for each reaction, and its index",
  },
  editMessage: {
    worst: "the largest text anew, the 21st time",
    cases: range(1, LIMITS.formerVersions + 1).map((version) => (g) => {
      const body = JSON.stringify({ text: `${version % 2}${LONGEST_TEXT.slice(1)}` });
      return [{ ...owner(g), seq: g.edited, body, baseVersion: version }];
    }),
    ...{ read: 65, written: 15, bytes: 28_000 },
    by: "one message; the index follows in turns of their own",
  },
  revokeWithin: {
    worst: "an ordinary message; inboxes hear of it",
    cases: [(g) => [{ ...owner(g), seq: at(g.first.plain + 50), withinS: 120 }]],
    ...{ read: 2_400, written: 15, bytes: 520 },
    by: "as `revoke`",
  },
  formerVersions: {
    worst: "20 former versions of the largest text",
    cases: [(g) => [{ ...owner(g), seq: g.edited }]],
    ...{ read: 70, written: 5, bytes: 510_000 },
    by: "`formerVersions`, `bodyBytes`",
  },
  hide: {
    worst: "the newest message, by a member who follows 500 threads",
    cases: [(g) => [{ ...owner(g), seq: at(g.newest - 1) }], (g) => [{ ...owner(g), seq: at(g.newest - 9) }]],
    ...{ read: 2_900, written: 10, bytes: 45 },
    by: "`followedThreads`, 3 rows for each",
    grows: OF_FOLLOWED,
  },
  pin: {
    worst: "the 100th pin",
    cases: [(g) => [{ ...owner(g), seq: at(g.first.plain + 60) }]],
    ...{ read: 210, written: 15, bytes: 45 },
    by: "`pins`",
  },
  unpin: {
    worst: "one of 100",
    cases: [(g) => [{ ...owner(g), seq: at(g.first.plain + 60) }]],
    ...{ read: 60, written: 10, bytes: 45 },
    by: "one message",
  },
  react: {
    worst: "a key of a message with 20",
    cases: [(g) => [{ userId: g.next(), seq: itemAt(g.largest, 0), key: g.key }]],
    ...{ read: 65, written: 15, bytes: 1_800 },
    by: "`reactionKeys`, `reactionsOfUser`",
  },
  unreact: {
    worst: "the first of very many users",
    cases: [(g) => [{ userId: itemAt(g.others, 0), seq: g.newest, key: g.key }]],
    ...{ read: 160, written: 15, bytes: 2_000 },
    by: "`reactionKeys`, `reactionsOfUser`",
  },
  vote: {
    worst: "all 20 options at once",
    cases: [
      (g) => [{ userId: itemAt(g.others, 1), seq: g.poll, options: [] }],
      (g) => [{ userId: itemAt(g.others, 1), seq: g.poll, options: range(0, LIMITS.pollOptions - 1) }],
    ],
    ...{ read: 200, written: 55, bytes: 5_000 },
    by: "`pollOptions`",
  },
  changeAttributes: {
    worst: "16 KiB in four of the largest",
    cases: [
      (g) => [{ ...owner(g), set: { a: "x".repeat(4_000), b: "x".repeat(4_000), c: "x", d: "x" } }],
      (g) => [{ ...owner(g), deleted: "all" }],
    ],
    ...{ read: 40, written: 15, bytes: 9_000 },
    by: "`groupAttributes`, `attributesBytes`",
  },
  setCounters: {
    worst: "20 counters",
    cases: [
      (g) => [
        {
          ...owner(g),
          values: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`counter ${i}`, i])),
        },
      ],
    ],
    ...{ read: 60, written: 25, bytes: 500 },
    by: "`groupCounters`",
  },
  addToCounter: {
    worst: "one counter",
    cases: [(g) => [{ ...owner(g), key: "counter 1", delta: 1 }]],
    ...{ read: 60, written: 10, bytes: 40 },
    by: "`groupCounters`",
  },
  closePoll: {
    worst: "a poll with all votes",
    cases: [(g) => [{ ...owner(g), seq: g.poll }]],
    ...{ read: 110, written: 10, bytes: 5_000 },
    by: "one message",
  },
  bots: {
    worst: "a group with a bot",
    cases: [(g) => [owner(g)]],
    ...{ read: 25, written: 5, bytes: 60 },
    by: "`commandBots`",
    grows: "the bots that were members, 1 row for each",
  },
  passingMessage: {
    worst: "the largest text",
    cases: [
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
    ...{ read: 45, written: 5, bytes: 26_000 },
    by: "one message",
  },
  showStream: {
    worst: "the longest text",
    cases: [(g) => [{ userId: g.bot, stream: "s", text: LONGEST_TEXT }]],
    ...{ read: 25, written: 5, bytes: 45 },
    by: "no row; the room sockets and devices of the members",
  },
  showOnline: {
    worst: "the largest one",
    cases: [
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
    ...{ read: 25, written: 5, bytes: 4_500 },
    by: "no row; the devices of the members",
  },
  tap: {
    worst: "one of 96 buttons",
    cases: [(g) => [{ ...owner(g), seq: g.asking, data: "8" }]],
    ...{ read: 35, written: 5, bytes: 330 },
    by: "one message",
  },
  followThread: {
    worst: "a member who follows 500 threads",
    cases: [(g) => [{ ...owner(g), root: g.first.mentions }]],
    ...{ read: 5_100, written: 10, bytes: 95 },
    by: "`followedThreads`",
    grows: OF_FOLLOWED,
  },
  unfollowThread: {
    worst: "one of 500",
    cases: [(g) => [{ ...owner(g), root: g.first.mentions }]],
    ...{ read: 2_900, written: 10, bytes: 45 },
    by: "`followedThreads`",
    grows: OF_FOLLOWED,
  },
  readThread: {
    worst: "a thread of very many replies",
    cases: [(g) => [{ ...owner(g), root: at(g.root + 1), seq: position(g.poll) }]],
    ...{ read: 2_900, written: 10, bytes: 95 },
    by: "`followedThreads`",
    grows: OF_FOLLOWED,
  },
  read: {
    worst: "all messages at once",
    cases: [(g) => [{ userId: g.next() }], (g) => [{ userId: g.next(), seq: position(g.first.mentions) }]],
    ...{ read: 120, written: 10, bytes: 110 },
    by: "one row; 200 messages with mentions",
  },
  markUnread: {
    worst: "the oldest message that may be",
    cases: [(g) => [{ userId: g.next(), seq: at(g.first.plain + 1) }]],
    ...{ read: 120, written: 10, bytes: 95 },
    by: "`markedUnread`",
  },
  setIgnoreUnread: {
    worst: "a member who follows 500 threads",
    cases: [(g) => [{ ...owner(g), ignoresUnread: true }], (g) => [{ ...owner(g), ignoresUnread: false }]],
    ...{ read: 70, written: 10, bytes: 45 },
    by: "`followedThreads`",
  },
  deleteForMe: {
    worst: "all messages",
    cases: [(g) => [{ userId: g.next() }], (g) => [{ userId: g.next(), keepsHistory: true }]],
    ...{ read: 35, written: 10, bytes: 45 },
    by: "one row, and the follows of the member",
  },
  revoke: {
    worst:
      "a message to which all members have reacted with 20 keys; a poll with all votes; a reply before revoked ones",
    cases: [
      (g) => [{ ...owner(g), seq: g.newest }],
      (g) => [{ ...owner(g), seq: g.poll }],
      (g) => [{ ...owner(g), seq: at(g.first.changed - 1) }],
    ],
    ...{ read: 28_000, written: 18_000, bytes: 45 },
    by: "`reactionKeys` or `pollOptions` × `groupMembers`; 50 inbox updates",
  },
  revokeByStaff: {
    worst: "a message like any other; else as `revoke`",
    cases: [(g) => [{ seq: at(g.newest - 1) }]],
    ...{ read: 3_500, written: 15, bytes: 45 },
    by: "as `revoke`",
  },
  revokeSince: {
    worst: "a user who has sent nothing since then; else one run of `erased_messages`",
    cases: [(g) => [{ userId: itemAt(g.others, 6), since: Date.now() }]],
    ...{ read: 60, written: 10, bytes: 45 },
    by: "the binary search of the first message; as `erased_messages`",
  },
} satisfies Partial<Rows<typeof CONVERSATION_CALLS, LargeGroup>>;
