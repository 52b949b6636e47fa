import { newTapId } from "../../../src/domain/bots/tap.ts";
import { Position, Seq } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import type { StoredDraft } from "../../../src/domain/messages/draft.ts";
import type { NewScheduledMessage } from "../../../src/domain/messages/scheduled.ts";
import { PushDeviceId, PushTarget } from "../../../src/domain/push/device.ts";
import type { InboxUpdate } from "../../../src/domain/sync/inbox-update.ts";
import type { INBOX_CALLS } from "../../../src/inbox/calls.ts";
import { PLAIN } from "../../support/objects/inbox-list.ts";
import { range, sessionOf } from "../../support/objects/room.ts";
import { LONGEST_TEXT, largestDraft } from "./large-group.ts";
import { draftId, type LargeInbox, scheduledId, sessionId } from "./large-inbox.ts";
import type { Rows } from "./rows.ts";

const limit = LIMITS.page;
const HOUR_MS = 3_600_000;
const at = (seq: number) => Seq.parse(seq);
const position = (seq: number) => Position.parse(seq);
const OF_ALL = "the conversations of the user, 5 rows for each";

const update = (inbox: LargeInbox): InboxUpdate => ({
  ...{
    conversationId: inbox.conversation(7),
    version: 9,
    state: "active",
    deletedForMe: false,
  },
  ...{
    visibleFrom: position(0),
    newFrom: position(0),
    lastSeq: position(10),
    rev: 0,
    ephemeral: [],
    lastCount: 10,
  },
  ...{ readSeq: position(1), readCount: 1, memberCount: 2, preview: null, updatedAt: Date.now() },
  ...{ ...PLAIN, countedAt: Date.now(), activeAt: Date.now() },
});

const draft = (n: number): StoredDraft => ({
  ...{ id: draftId(n), createdAt: Date.now() },
  content: {
    ...{ to: { type: "direct", username: "someone" }, mentions: [] },
    said: { kind: "text", body: JSON.stringify({ text: LONGEST_TEXT }) },
  },
});

const scheduled = ({ group }: LargeInbox, n: number): NewScheduledMessage => ({
  ...{ id: scheduledId(n), conversationId: group, sendAt: Date.now() + HOUR_MS },
  draft: { ...largestDraft([]), clientMsgId: `n${n}` },
});

const references = (inbox: LargeInbox) =>
  range(1, limit).map((seq) => ({ conversationId: inbox.conversation(1), seq: at(seq) }));

/** A push device, and a place where it is reached. */
const pushDevice = (n: number, place = n) => ({
  id: PushDeviceId.parse(`device-${n}`),
  target: PushTarget.parse({ kind: "expo", token: `ExponentPushToken[${place}]` }),
  ...{ content: "full" as const, language: null },
});

/** The uses of one call that the largest group causes. */
const uses = range(1, 1_000).map(String);

/** The calls of inboxes. In this order they are made: the last one empties the inbox. */
export const INBOX_ROWS: Rows<typeof INBOX_CALLS, LargeInbox> = {
  list: {
    worst: "a page with 100 drafts; conversations that are named; archived ones, of which there are none",
    cases: [
      () => [{ limit, withDrafts: true }],
      (i) => [{ limit, ids: range(1, limit).map((n) => i.conversation(n)) }],
      () => [{ limit, archived: true }],
    ],
    ...{ read: 5_400, written: 5, bytes: 5_000_000 },
    by: "`page`; only its user waits",
    grows: OF_ALL,
  },
  activity: {
    worst: "a walk through all conversations",
    cases: [
      () => [{ walked: null, ids: [], limit }],
      (i) => [{ walked: { by: "id", upTo: 0 }, ids: range(1, limit).map((n) => i.conversation(n)), limit }],
    ],
    ...{ read: 3_900, written: 5, bytes: 6_900 },
    by: "`page`; only its user waits",
    grows: OF_ALL,
  },
  overview: {
    worst: "as `list`, with 1,000 unread notifications",
    cases: [() => [{ limit }]],
    ...{ read: 4_900, written: 5, bytes: 2_600_000 },
    by: "`page`, `notifications`; only its user waits",
    grows: OF_ALL,
  },
  listOnRecord: {
    worst: "all conversations",
    cases: [() => []],
    ...{ read: 3_900, written: 5, bytes: 110_000 },
    by: "only its user waits",
    grows: "the conversations of the user, 3 rows and 120 bytes for each",
  },
  entries: {
    worst: "100 conversations",
    cases: [(i) => [{ ids: range(1, limit).map((n) => i.conversation(n)), includeHidden: true }]],
    ...{ read: 1_700, written: 5, bytes: 2_600_000 },
    by: "`page`",
    grows: OF_ALL,
  },
  numbered: {
    worst: "a page of groups",
    cases: [() => [{ kind: "group", skip: 0, limit }]],
    ...{ read: 6_400, written: 5, bytes: 2_600_000 },
    by: "`page`; only its user waits",
    grows: OF_ALL,
  },
  unread: {
    worst: "all conversations are unread",
    cases: [() => []],
    ...{ read: 2_600, written: 5, bytes: 140_000 },
    by: "only its user waits",
    grows: "the conversations of the user, 2 rows and 120 bytes for each",
  },
  unreadMentions: {
    worst: "all conversations have mentions",
    cases: [() => [{ limit }]],
    ...{ read: 3_900, written: 5, bytes: 5_200 },
    by: "`page`; only its user waits",
    grows: OF_ALL,
  },
  unreadThreads: {
    worst: "no conversation has unread replies",
    cases: [() => [{ limit }]],
    ...{ read: 3_900, written: 5, bytes: 5_200 },
    by: "`page`; only its user waits",
    grows: OF_ALL,
  },
  applyUpdate: {
    worst: "a message of a conversation",
    cases: [(i) => [update(i)]],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "one row",
  },
  notify: {
    worst: "100 notifications at once",
    cases: [
      (i) => [
        {
          conversationId: i.conversation(3),
          notifications: range(1, limit).map((id) => ({
            id,
            notification: {
              ...{ event: "added", actorId: i.user, message: "", createdAt: 0 },
              group: { id: i.conversation(3), handle: null, name: "n", policy: "group" },
            },
          })),
        },
      ],
      (i) => [{ conversationId: i.group, notifications: [{ id: 1_000, notification: { forgotten: 1 } }] }],
    ],
    ...{ read: 1_100, written: 960, bytes: 45 },
    by: "`notifications`, and one look through all for a retraction",
  },
  notificationPage: {
    worst: "a page of 1,000",
    cases: [() => [{ limit }]],
    ...{ read: 130, written: 5, bytes: 16_000 },
    by: "`page`",
  },
  notificationBox: {
    worst: "1,000 unread notifications",
    cases: [() => []],
    ...{ read: 1_100, written: 5, bytes: 230 },
    by: "`notifications`",
  },
  readNotifications: {
    worst: "1,000 unread notifications",
    cases: [() => []],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "one row",
  },
  hideNotifications: {
    worst: "1,000 notifications, which are deleted",
    cases: [() => [{ forget: true }]],
    ...{ read: 25, written: 1_100, bytes: 45 },
    by: "`notifications`",
  },
  pushEvent: {
    worst: "a change of presence",
    cases: [(i) => [{ event: { type: "presence", userId: i.user, online: true } }]],
    ...{ read: 20, written: 5, bytes: 45 },
    by: "no row; the device sockets",
  },
  announceProfile: {
    worst: "a new name",
    cases: [(i) => [{ profile: { id: i.user, username: "someone", nickname: "n", avatar: "", version: 1 } }]],
    ...{ read: 2_600, written: 10, bytes: 45 },
    by: "the conversations of the newest activity; only its user waits",
    grows: OF_ALL,
  },
  register: {
    worst: "a session of 1,000",
    cases: [(i) => [{ conversationId: i.group, sessionId: sessionId(1) }]],
    ...{ read: 25, written: 15, bytes: 45 },
    by: "one row",
  },
  unregister: {
    worst: "a session of 1,000",
    cases: [(i) => [{ conversationId: i.group, sessionId: sessionId(1) }]],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "one row",
  },
  endSession: {
    worst: "a session of 1,000",
    cases: [() => [{ sessionId: sessionId(2), expiresAt: Date.now() + HOUR_MS }]],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "one row; the conversations with a socket of it",
  },
  closeSession: {
    worst: "a session",
    cases: [() => [{ sessionId: sessionId(3) }]],
    ...{ read: 25, written: 5, bytes: 50 },
    by: "the device sockets",
  },
  prepareSessionEnd: {
    worst: "one end",
    cases: [() => [{ token: "token" }]],
    ...{ read: 20, written: 10, bytes: 45 },
    by: "one job",
  },
  endSessions: {
    worst: "100 sessions",
    cases: [
      () => [
        {
          token: "token",
          sessions: range(10, 109).map((n) => ({ sessionId: sessionId(n), expiresAt: Date.now() + HOUR_MS })),
        },
      ],
    ],
    ...{ read: 240, written: 120, bytes: 45 },
    by: "the sessions of the user in D1, 2 rows for each",
  },
  keepDraft: {
    worst: "the longest draft, beside 2,000",
    cases: [() => [draft(100_000)]],
    ...{ read: 2_200, written: 10, bytes: 45 },
    by: "32 MiB of drafts (`drafts.ts`), which are counted once after a start",
  },
  draft: {
    worst: "the longest",
    cases: [() => [{ id: draftId(100_000) }]],
    ...{ read: 25, written: 10, bytes: 25_000 },
    by: "one draft",
  },
  changeDraft: {
    worst: "the longest",
    cases: [() => [{ id: draftId(100_000), content: draft(100_000).content }]],
    ...{ read: 25, written: 10, bytes: 25_000 },
    by: "one draft",
  },
  noteDraftSent: {
    worst: "the longest",
    cases: [(i) => [{ id: draftId(100_000), conversationId: i.group, seq: at(1) }]],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "one draft",
  },
  putComposerDraft: {
    worst: "the longest, the 1,000th",
    cases: [
      (i) => [
        {
          conversationId: i.group,
          sessionId: sessionId(1),
          content: { text: LONGEST_TEXT, clientMsgId: "c" },
        },
      ],
    ],
    ...{ read: 1_100, written: 10, bytes: 25_000 },
    by: "`composerDrafts`",
  },
  discardComposerDraft: {
    worst: "one of 1,000",
    cases: [(i) => [{ conversationId: i.group, sessionId: sessionId(1) }]],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "one draft",
  },
  schedule: {
    worst: "the longest; a quota reads 2 rows more for each that waits",
    cases: [(i) => [scheduled(i, 500)]],
    ...{ read: 5, written: 10, bytes: 25_000 },
    by: "`scheduled`",
  },
  scheduledAs: {
    worst: "one of 200",
    cases: [(i) => [{ conversationId: i.group, clientMsgId: "a7" }]],
    ...{ read: 25, written: 5, bytes: 25_000 },
    by: "one message",
  },
  scheduledMessage: {
    worst: "one of 200",
    cases: [() => [{ id: scheduledId(7) }]],
    ...{ read: 25, written: 5, bytes: 25_000 },
    by: "one message",
  },
  scheduledPage: {
    worst: "100 of the longest",
    cases: [() => [{ limit }]],
    ...{ read: 470, written: 10, bytes: 2_500_000 },
    by: "`page`, `scheduled`",
  },
  changeScheduled: {
    worst: "another time",
    cases: [() => [{ id: scheduledId(8), change: { sendAt: Date.now() + 2 * HOUR_MS } }]],
    ...{ read: 25, written: 10, bytes: 25_000 },
    by: "`scheduled`",
  },
  deleteScheduled: {
    worst: "one of 200",
    cases: [() => [{ id: scheduledId(8) }]],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "`scheduled`",
  },
  setPreferences: {
    worst: "one conversation",
    cases: [(i) => [{ conversationId: i.conversation(1), pinned: true, archivedCount: 1, mutedUntil: 0 }]],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "one row",
  },
  saveMessage: {
    worst: "the 1,000th, with a reminder",
    cases: [
      (i) => [
        {
          ...{ conversationId: i.conversation(2), seq: at(1), note: "n".repeat(LIMITS.savedNote) },
          remindAt: Date.now() + HOUR_MS,
        },
      ],
    ],
    ...{ read: 3_200, written: 10, bytes: 660 },
    by: "`saved`",
  },
  savedPage: {
    worst: "a page of 1,000; those whose reminder is due",
    cases: [() => [{ limit }], () => [{ limit, onlyDue: true }]],
    ...{ read: 4_700, written: 5, bytes: 62_000 },
    by: "`page`, `saved`",
    grows: OF_ALL,
  },
  unsaveMessages: {
    worst: "100 with reminders that are due",
    cases: [(i) => [{ messages: references(i) }]],
    ...{ read: 4_700, written: 120, bytes: 45 },
    by: "`page`, `saved`",
    grows: OF_ALL,
  },
  putPushDevice: {
    worst: "an eleventh one that replaces another",
    cases: [
      (i) => [{ ...pushDevice(1), sessionId: sessionOf(i.signedIn) }],
      (i) => [{ ...pushDevice(1, 2), sessionId: sessionOf(i.signedIn) }],
    ],
    ...{ read: 40, written: 10, bytes: 160 },
    by: "`pushDevices`",
  },
  setPushLevel: {
    worst: "one conversation",
    cases: [(i) => [{ conversationId: i.conversation(1), level: "nothing" }]],
    ...{ read: 20, written: 10, bytes: 45 },
    by: "`pushLevels`",
  },
  tapped: {
    worst: "the 1,001st tap",
    cases: [
      (i) => [
        {
          tap: {
            ...{ id: newTapId(Date.now() + 1), conversationId: i.group, seq: at(1), at: Date.now() },
            ...{ user: { id: i.other, username: "u", nickname: "n", avatar: "" }, data: "d".repeat(64) },
          },
        },
      ],
    ],
    ...{ read: 2_100, written: 10, bytes: 45 },
    by: "`taps`",
  },
  takeTap: {
    worst: "one of 1,000",
    cases: [(i) => [{ id: i.tap }]],
    ...{ read: 25, written: 10, bytes: 160 },
    by: "one tap",
  },
  setQuietHours: {
    worst: "one row",
    cases: [() => [{ hours: { from: "22:00", to: "07:00", timeZone: "Europe/Berlin" } }]],
    ...{ read: 10, written: 5, bytes: 45 },
    by: "one row",
  },
  pushSettings: {
    worst: "what was set before",
    cases: [() => []],
    ...{ read: 10, written: 5, bytes: 400 },
    by: "`pushDevices`, `pushLevels`",
  },
  deletePushDevice: {
    worst: "the last device",
    cases: [() => [{ id: pushDevice(1).id }]],
    ...{ read: 20, written: 10, bytes: 45 },
    by: "what it was sent: a row for each conversation with something unread",
    grows: "the conversations of which something was pushed, 2 rows for each",
  },
  botWebhook: {
    worst: "nothing is set",
    cases: [() => []],
    ...{ read: 10, written: 5, bytes: 100 },
    by: "one row, `botUpdates`",
  },
  botUpdates: {
    worst: "the first time",
    cases: [() => [{ limit, waitMs: 0 }]],
    ...{ read: 5_200, written: 1_300, bytes: 45 },
    by: "the bot, once; then `page`",
    grows: "the first time: the conversations of the bot, 4 rows read and 1 written for each",
  },
  setBotWebhook: {
    worst: "another address, and updates that wait are forgotten",
    cases: [
      (i) => [
        {
          webhook: {
            ...{ url: `https://bot.example/${"u".repeat(2_000)}`, secret: "s".repeat(256) },
            ...{ sessionId: sessionOf(i.signedIn), expiresAt: Date.now() + HOUR_MS },
          },
          ...{ allowed: ["message"], drops: true },
        },
      ],
    ],
    ...{ read: 20, written: 10, bytes: 45 },
    by: "one row, `botUpdates`",
  },
  revokeSince: {
    worst: "one time",
    cases: [() => [{ since: 1 }]],
    ...{ read: 40, written: 10, bytes: 45 },
    by: "one job",
  },
  prepareDeletion: {
    worst: "one deletion",
    cases: [() => [{ token: "token" }]],
    ...{ read: 40, written: 10, bytes: 45 },
    by: "one job",
  },
  repair: {
    worst: "conversations that are gone",
    cases: [() => []],
    ...{ read: 8_000, written: 300, bytes: 75 },
    by: "`jobs.maxCalls` conversations, here 20; jobs do the others",
    grows: OF_ALL,
  },
  takeQuota: {
    worst: "all quotas are used up to one more, and 1,000 members are added that count already",
    cases: [
      () => [{ call: "1", uses: [{ quota: "members", keys: uses }] }],
      () => [{ call: "2", uses: [{ quota: "members", keys: uses }] }],
    ],
    ...{ read: 7_000, written: 1_150, bytes: 100 },
    by: "the quotas: a user has no more uses a day",
    grows: "with the uses of a day",
  },
  giveQuotaBack: {
    worst: "a call that counted 1,000 members",
    cases: [() => [{ call: "2" }]],
    ...{ read: 4_000, written: 1_000, bytes: 100 },
    by: "the quotas",
    grows: "with the uses of a day",
  },
  deleteAccount: {
    worst: "an inbox with all that it may have",
    cases: [() => [{ token: "token" }]],
    ...{ read: 9_000, written: 8_000, bytes: 45 },
    by: "the user, once",
    grows: "all that the inbox has, 1 row written for each",
  },
};
