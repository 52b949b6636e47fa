import type { CONVERSATION_CALLS } from "../../../src/conversation/calls.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { newHookId } from "../../../src/domain/server/hook.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { type LargeGroup, LONGEST_TEXT } from "./large-group.ts";
import type { Rows } from "./rows.ts";

const limit = LIMITS.page;
const owner = ({ owner: userId }: LargeGroup) => ({ userId });
const newcomer = ({ newcomers }: LargeGroup, index: number) => itemAt(newcomers, newcomers.length - index);
const WORDS = "w".repeat(LIMITS.joinRequest);
const DESCRIPTION = "d".repeat(LIMITS.description);
const METADATA = JSON.stringify({ text: "m".repeat(LIMITS.metadataBytes - 20) });
const FIELDS = Object.fromEntries(
  range(1, LIMITS.customFields).map((i) => [
    `${i}`.padEnd(LIMITS.customKey, "k"),
    "v".repeat(LIMITS.customValue),
  ]),
);

/**
 * The calls about the members of a group and its profile. The later ones end memberships, the last one the
 * group.
 */
export const MEMBERS = {
  members: {
    worst: "a page of 1,000 members",
    cases: [(g) => [{ ...owner(g), limit }], (g) => [{ ...owner(g), limit, skip: 500 }]],
    ...{ read: 55, written: 10, bytes: 12_000 },
    by: "no row: members are in memory; `page`",
  },
  membersByIds: {
    worst: "100 members",
    cases: [(g) => [{ ...owner(g), targetIds: g.others.slice(0, limit) }]],
    ...{ read: 20, written: 5, bytes: 12_000 },
    by: "no row: members are in memory; `page`",
  },
  receipts: {
    worst: "the positions of 1,000 members",
    cases: [(g) => [owner(g)]],
    ...{ read: 20, written: 5, bytes: 54_000 },
    by: "no row: members are in memory; `groupMembers`",
  },
  describe: {
    worst: "the largest description, with the largest message",
    cases: [(g) => [owner(g)]],
    ...{ read: 20, written: 5, bytes: 1_400 },
    by: "one message",
  },
  outline: {
    worst: "the largest description",
    cases: [(g) => [{ userId: newcomer(g, 1).id }]],
    ...{ read: 25, written: 5, bytes: 170 },
    by: "`description`, `customFields`",
  },
  edit: {
    worst: "all fields, the longest",
    cases: [
      (g) => [
        {
          ...owner(g),
          change: { introduction: DESCRIPTION, announcement: DESCRIPTION, customFields: FIELDS },
        },
      ],
    ],
    ...{ read: 90, written: 15, bytes: 45 },
    by: "`description`, `customFields`; the inbox of the caller",
  },
  changeMember: {
    worst: "all fields, the longest",
    cases: [
      (g) => [
        {
          ...{ ...owner(g), targetId: g.next() },
          change: { role: "admin", nameCard: "n".repeat(LIMITS.name), customFields: FIELDS },
        },
      ],
    ],
    ...{ read: 140, written: 20, bytes: 13_000 },
    by: "`customFields`; two inbox updates",
  },
  add: {
    worst: "50 users at once",
    cases: [(g) => [{ ...owner(g), people: g.newcomers.slice(0, 50) }]],
    ...{ read: 670, written: 330, bytes: 6_000 },
    by: "`page`: 6 rows for each; 50 inbox updates",
  },
  addEach: {
    worst: "100 users, of whom 50 are members",
    cases: [(g) => [{ ...owner(g), people: g.newcomers.slice(0, limit), blockedIds: [] }]],
    ...{ read: 870, written: 330, bytes: 1_200 },
    by: "as `add`",
  },
  join: {
    worst: "a request to join, the longest",
    cases: [(g) => [{ person: newcomer(g, 1), message: WORDS }]],
    ...{ read: 85, written: 30, bytes: 65 },
    by: "`joinRequest`; one notification, with its receivers in one row",
  },
  joinRequests: {
    worst: "very many open requests",
    cases: [(g) => [{ ...owner(g), limit, after: 0 }]],
    ...{ read: 130, written: 5, bytes: 69_000 },
    by: "`page`",
  },
  withdrawJoinRequest: {
    worst: "one request",
    cases: [(g) => [{ userId: newcomer(g, 1).id }]],
    ...{ read: 50, written: 15, bytes: 45 },
    by: "one request",
  },
  decideJoinRequest: {
    worst: "one request, with the longest words",
    cases: [(g) => [{ ...owner(g), joinRequestId: 1, accept: false, message: WORDS }]],
    ...{ read: 65, written: 20, bytes: 45 },
    by: "one request",
  },
  createInvitation: {
    worst: "the 100th open one",
    cases: [(g) => [{ ...owner(g), lifetimeMs: 86_400_000, maxUses: null }]],
    ...{ read: 230, written: 10, bytes: 200 },
    by: "`invitations`",
  },
  invitations: {
    worst: "100 open ones",
    cases: [(g) => [{ ...owner(g), limit, after: 0 }]],
    ...{ read: 130, written: 5, bytes: 15_000 },
    by: "`invitations`",
  },
  lookAtInvitation: {
    worst: "the largest description",
    cases: [(g) => [{ userId: newcomer(g, 1).id, code: g.code }], (g) => [{ userId: null, code: g.code }]],
    ...{ read: 25, written: 5, bytes: 2_300 },
    by: "`description`",
  },
  acceptInvitation: {
    worst: "one of 1,000 members joins",
    cases: [(g) => [{ person: newcomer(g, 2), code: g.code }]],
    ...{ read: 100, written: 15, bytes: 60 },
    by: "one member; one inbox update",
  },
  withdrawInvitation: {
    worst: "one of 100",
    cases: [(g) => [{ ...owner(g), code: "code 1" }]],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "one invitation",
  },
  createIncomingHook: {
    worst: "the tenth one",
    cases: [(g) => [{ ...owner(g), name: "x".repeat(LIMITS.name), avatar: "" }]],
    ...{ read: 40, written: 10, bytes: 400 },
    by: "`incomingHooks`",
  },
  incomingHooks: {
    worst: "ten hooks with the longest names and avatars",
    cases: [(g) => [owner(g)]],
    ...{ read: 35, written: 5, bytes: 43_000 },
    by: "`incomingHooks`",
  },
  rotateIncomingHook: {
    worst: "one of ten",
    cases: [(g) => [{ ...owner(g), hook: itemAt(g.hooks, 1) }]],
    ...{ read: 30, written: 10, bytes: 4_500 },
    by: "one hook",
  },
  requireHook: {
    worst: "a hook that is there",
    cases: [(g) => [{ hook: itemAt(g.hooks, 0), secret: "secret" }]],
    ...{ read: 5, written: 0, bytes: 45 },
    by: "one hook",
  },
  postToHook: {
    worst: "the longest text",
    cases: [(g) => [{ hook: itemAt(g.hooks, 0), secret: "secret", post: { text: LONGEST_TEXT } }]],
    ...{ read: 60, written: 15, bytes: 29_000 },
    by: "one message",
  },
  deleteIncomingHook: {
    worst: "one of ten",
    cases: [(g) => [{ ...owner(g), hook: itemAt(g.hooks, 1) }]],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "one hook",
  },
  ban: {
    worst: "a member; 10,000 users are banned",
    cases: [(g) => [{ ...owner(g), targetId: g.next(), person: null, reason: WORDS }]],
    ...{ read: 11_000, written: 20, bytes: 45 },
    by: "`bans`, which are counted",
  },
  bans: {
    worst: "a page of 10,000",
    cases: [(g) => [{ ...owner(g), limit, after: 0 }]],
    ...{ read: 130, written: 5, bytes: 61_000 },
    by: "`page`",
  },
  liftBan: {
    worst: "one of 10,000",
    cases: [(g) => [{ ...owner(g), targetId: g.banned, hasAccount: true }]],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "one ban",
  },
  takeProfile: {
    worst: "a new name of a member",
    cases: [
      (g) => [{ profile: { id: g.next(), username: "someone", nickname: "n", avatar: "", version: 9 } }],
    ],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "one profile",
  },
  coverHook: {
    worst: "a hook that is told anew of a long log",
    cases: [() => [{ id: newHookId(), since: 1, isReplay: true, isGate: false }]],
    ...{ read: 60, written: 10, bytes: 45 },
    by: "one hook; the binary search of its beginning",
  },
  checkRetention: {
    worst: "a term that was not known",
    cases: [() => [{}]],
    ...{ read: 20, written: 5, bytes: 45 },
    by: "the oldest message",
  },
  remove: {
    worst: "100 members at once",
    cases: [(g) => [{ ...owner(g), targetIds: range(1, limit).map(() => g.next()) }]],
    ...{ read: 1_400, written: 700, bytes: 45 },
    by: "`page`: 7 rows for each; 50 inbox updates",
  },
  removeDeleted: {
    worst: "a user with a reaction, votes and requests",
    cases: [(g) => [{ userId: g.next() }]],
    ...{ read: 130, written: 20, bytes: 45 },
    by: "100 messages with reactions and 100 polls, jobs do the others; with `erases` also what one run of `erased_messages` costs",
  },
  leave: {
    worst: "a member",
    cases: [(g) => [{ userId: g.next() }]],
    ...{ read: 120, written: 15, bytes: 45 },
    by: "one member",
  },
  putGroup: {
    worst: "25 users, and the longest metadata",
    cases: [
      (g) => [{ people: g.newcomers.slice(100, 125), change: { metadata: METADATA, history: true } }],
      (g) => [{ people: g.newcomers.slice(100, 125), change: {} }],
    ],
    ...{ read: 480, written: 180, bytes: 20_500 },
    by: "as `add` and `edit`",
  },
  changeMembers: {
    worst: "50 users are added, and 50 removed",
    cases: [
      (g) => [
        {
          add: g.newcomers.slice(0, 50).map((person) => ({ person })),
          remove: g.others.slice(-50),
        },
      ],
    ],
    ...{ read: 1_300, written: 380, bytes: 4_500 },
    by: "as `add` and `remove`",
  },
  importMembers: {
    worst: "50 users become members, and 50 members get a name card",
    cases: [
      (g) => [
        {
          members: [...g.newcomers.slice(50, 100).map(({ id }) => id), ...g.others.slice(0, 50)].map(
            (userId) => ({
              ...{ userId, role: "member", state: "active", joinedAt: 1, nameCard: "card", customFields: {} },
              ...{ seesAfter: null, seesFrom: null, seesUntil: null, mutedUntil: 0 },
            }),
          ),
          people: g.newcomers.slice(50, 100),
        },
      ],
    ],
    ...{ read: 2_500, written: 900, bytes: 4_500 },
    by: "500 users in a call; 50 inbox updates",
  },
  importReads: {
    worst: "100 members have read nothing",
    cases: [(g) => [{ reads: g.others.slice(0, 100).map((userId) => ({ userId, message: null, at: 1 })) }]],
    ...{ read: 4_500, written: 100, bytes: 5_500 },
    by: "500 users in a call; 50 inbox updates",
  },
  importProfile: {
    worst: "threads are switched off",
    cases: [() => [{ change: { threads: false }, dissolvedAt: null }]],
    ...{ read: 60, written: 6, bytes: 45 },
    by: "one row",
  },
  overview: {
    worst: "the longest description",
    cases: [() => [{}]],
    ...{ read: 20, written: 5, bytes: 20_500 },
    by: "no row; `description`, `customFields`",
  },
  handOver: {
    worst: "an owner with 100 invitations, which end",
    cases: [(g) => [{ ...owner(g), successorId: itemAt(g.others, 0) }]],
    ...{ read: 710, written: 130, bytes: 45 },
    by: "`invitations`",
  },
  configure: {
    worst: "another term",
    cases: [() => [{ retentionDays: 30 }]],
    ...{ read: 60, written: 15, bytes: 20_500 },
    by: "no row of a member",
  },
  dissolve: {
    worst: "1,000 members and very many open requests, which are rejected",
    cases: [(g) => [{ userId: itemAt(g.others, 0) }]],
    ...{ read: 12_000, written: 6_400, bytes: 45 },
    by: "the owner, once: nobody writes there any more",
    grows: "the open requests, 5 rows written for each",
  },
  dissolveByStaff: {
    worst: "a group that is dissolved; else as `dissolve`",
    cases: [() => [{}]],
    ...{ read: 60, written: 10, bytes: 45 },
    by: "staff, once",
  },
} satisfies Partial<Rows<typeof CONVERSATION_CALLS, LargeGroup>>;
