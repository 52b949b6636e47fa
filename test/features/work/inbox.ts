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
  list: [
    () => [{ limit, withDrafts: true }],
    (i) => [{ limit, ids: range(1, limit).map((n) => i.conversation(n)) }],
    () => [{ limit, archived: true }],
  ],
  activity: [
    () => [{ walked: null, ids: [], limit }],
    (i) => [{ walked: { by: "id", upTo: 0 }, ids: range(1, limit).map((n) => i.conversation(n)), limit }],
  ],
  overview: [() => [{ limit }]],
  listOnRecord: [() => []],
  entries: [(i) => [{ ids: range(1, limit).map((n) => i.conversation(n)), includeHidden: true }]],
  numbered: [() => [{ kind: "group", skip: 0, limit }]],
  unread: [() => []],
  unreadMentions: [() => [{ limit }]],
  unreadThreads: [() => [{ limit }]],
  applyUpdate: [(i) => [update(i)]],
  notify: [
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
  notificationPage: [() => [{ limit }]],
  notificationBox: [() => []],
  readNotifications: [() => []],
  hideNotifications: [() => [{ forget: true }]],
  pushEvent: [(i) => [{ event: { type: "presence", userId: i.user, online: true } }]],
  announceProfile: [
    (i) => [{ profile: { id: i.user, username: "someone", nickname: "n", avatar: "", version: 1 } }],
  ],
  register: [(i) => [{ conversationId: i.group, sessionId: sessionId(1) }]],
  unregister: [(i) => [{ conversationId: i.group, sessionId: sessionId(1) }]],
  endSession: [() => [{ sessionId: sessionId(2), expiresAt: Date.now() + HOUR_MS }]],
  closeSession: [() => [{ sessionId: sessionId(3) }]],
  prepareSessionEnd: [() => [{ token: "token" }]],
  endSessions: [
    () => [
      {
        token: "token",
        sessions: range(10, 109).map((n) => ({ sessionId: sessionId(n), expiresAt: Date.now() + HOUR_MS })),
      },
    ],
  ],
  keepDraft: [() => [draft(100_000)]],
  draft: [() => [{ id: draftId(100_000) }]],
  changeDraft: [() => [{ id: draftId(100_000), content: draft(100_000).content }]],
  noteDraftSent: [(i) => [{ id: draftId(100_000), conversationId: i.group, seq: at(1) }]],
  putComposerDraft: [
    (i) => [
      {
        conversationId: i.group,
        sessionId: sessionId(1),
        content: { text: LONGEST_TEXT, clientMsgId: "c" },
      },
    ],
  ],
  discardComposerDraft: [(i) => [{ conversationId: i.group, sessionId: sessionId(1) }]],
  schedule: [(i) => [scheduled(i, 500)]],
  scheduledAs: [(i) => [{ conversationId: i.group, clientMsgId: "a7" }]],
  scheduledMessage: [() => [{ id: scheduledId(7) }]],
  scheduledPage: [() => [{ limit }]],
  changeScheduled: [() => [{ id: scheduledId(8), change: { sendAt: Date.now() + 2 * HOUR_MS } }]],
  deleteScheduled: [() => [{ id: scheduledId(8) }]],
  setPreferences: [
    (i) => [{ conversationId: i.conversation(1), pinned: true, archivedCount: 1, mutedUntil: 0 }],
  ],
  saveMessage: [
    (i) => [
      {
        ...{ conversationId: i.conversation(2), seq: at(1), note: "n".repeat(LIMITS.savedNote) },
        remindAt: Date.now() + HOUR_MS,
      },
    ],
  ],
  savedPage: [() => [{ limit }], () => [{ limit, onlyDue: true }]],
  unsaveMessages: [(i) => [{ messages: references(i) }]],
  putPushDevice: [
    (i) => [{ ...pushDevice(1), sessionId: sessionOf(i.signedIn) }],
    (i) => [{ ...pushDevice(1, 2), sessionId: sessionOf(i.signedIn) }],
  ],
  setPushLevel: [(i) => [{ conversationId: i.conversation(1), level: "nothing" }]],
  tapped: [
    (i) => [
      {
        tap: {
          ...{ id: newTapId(Date.now() + 1), conversationId: i.group, seq: at(1), at: Date.now() },
          ...{ user: { id: i.other, username: "u", nickname: "n", avatar: "" }, data: "d".repeat(64) },
        },
      },
    ],
  ],
  takeTap: [(i) => [{ id: i.tap }]],
  setQuietHours: [() => [{ hours: { from: "22:00", to: "07:00", timeZone: "Europe/Berlin" } }]],
  pushSettings: [() => []],
  deletePushDevice: [() => [{ id: pushDevice(1).id }]],
  botWebhook: [() => []],
  botUpdates: [() => [{ limit, waitMs: 0 }]],
  setBotWebhook: [
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
  revokeSince: [() => [{ since: 1 }]],
  prepareDeletion: [() => [{ token: "token" }]],
  repair: [() => []],
  takeQuota: [
    () => [{ call: "1", uses: [{ quota: "members", keys: uses }] }],
    () => [{ call: "2", uses: [{ quota: "members", keys: uses }] }],
  ],
  giveQuotaBack: [() => [{ call: "2" }]],
  deleteAccount: [() => [{ token: "token" }]],
};
