import type { CONVERSATION_CALLS } from "../../../src/conversation/calls.ts";
import type { PortableMember } from "../../../src/domain/data/portable-message.ts";
import { httpUrl } from "../../../src/domain/http-url.ts";
import type { UserId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { newHookId } from "../../../src/domain/server/hook.ts";
import { ExternalId } from "../../../src/domain/server/user-ref.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { type LargeGroup, LONGEST_TEXT } from "./large-group.ts";
import type { Rows } from "./rows.ts";

const limit = LIMITS.page;
const owner = ({ owner: userId }: LargeGroup) => ({ userId });
const newcomer = ({ newcomers }: LargeGroup, index: number) => itemAt(newcomers, newcomers.length - index);
const FILE_URL = httpUrl(LIMITS.url, "").parse(`http://parley.invalid/files/${"a".repeat(32)}/a.txt`);
const WORDS = "w".repeat(LIMITS.joinRequest);
const DESCRIPTION = "d".repeat(LIMITS.description);
const METADATA = JSON.stringify({ text: "m".repeat(LIMITS.metadataBytes - 20) });
const FIELDS = Object.fromEntries(
  range(1, LIMITS.customFields).map((i) => [
    `${i}`.padEnd(LIMITS.customKey, "k"),
    "v".repeat(LIMITS.customValue),
  ]),
);
const TEN_FILES = range(1, 10).map((i) => ({
  kind: "file" as const,
  body: { url: FILE_URL, name: "n".repeat(LIMITS.fileName), size: i, content_type: "text/plain" },
}));

/** The members whom `changeMembers` removes, the last ones. */
const REMOVED = 50;
const imported = (userId: UserId): PortableMember => ({
  ...{ userId, role: "member", state: "active", joinedAt: 1, nameCard: "card", customFields: {} },
  ...{ seesAfter: null, seesFrom: null, seesUntil: null, mutedUntil: 0 },
});
/** The id of a message that was not imported. */
const NOWHERE = ExternalId.parse("nowhere");

/**
 * The calls about the members of a group and its profile. The later ones end memberships, the last one the
 * group.
 */
export const MEMBERS = {
  members: [(g) => [{ ...owner(g), limit }], (g) => [{ ...owner(g), limit, skip: 500 }]],
  searchMembers: [(g) => [{ ...owner(g), limit, text: "w".repeat(LIMITS.memberQuery) }]],
  membersByIds: [(g) => [{ ...owner(g), targetIds: g.others.slice(0, limit) }]],
  receipts: [(g) => [owner(g)]],
  describe: [(g) => [owner(g)]],
  outline: [(g) => [{ userId: newcomer(g, 1).id }]],
  edit: [
    (g) => [
      {
        ...owner(g),
        change: { introduction: DESCRIPTION, announcement: DESCRIPTION, customFields: FIELDS },
      },
    ],
  ],
  changeMember: [
    (g) => [
      {
        ...{ ...owner(g), targetId: g.next() },
        change: { role: "admin", nameCard: "n".repeat(LIMITS.name), customFields: FIELDS },
      },
    ],
  ],
  add: [(g) => [{ ...owner(g), people: g.newcomers.slice(0, 50) }]],
  addEach: [(g) => [{ ...owner(g), people: g.newcomers.slice(0, limit), blockedIds: [] }]],
  join: [(g) => [{ person: newcomer(g, 1), message: WORDS }]],
  joinRequests: [(g) => [{ ...owner(g), limit, after: 0 }]],
  withdrawJoinRequest: [(g) => [{ userId: newcomer(g, 1).id }]],
  decideJoinRequest: [(g) => [{ ...owner(g), joinRequestId: 1, accept: false, message: WORDS }]],
  createInvitation: [(g) => [{ ...owner(g), lifetimeMs: 86_400_000, maxUses: null }]],
  invitations: [(g) => [{ ...owner(g), limit, after: 0 }]],
  lookAtInvitation: [
    (g) => [{ userId: newcomer(g, 1).id, code: g.code }],
    (g) => [{ userId: null, code: g.code }],
  ],
  acceptInvitation: [(g) => [{ person: newcomer(g, 2), code: g.code }]],
  withdrawInvitation: [(g) => [{ ...owner(g), code: "code 1" }]],
  createIncomingHook: [(g) => [{ ...owner(g), name: "x".repeat(LIMITS.name), avatar: "" }]],
  incomingHooks: [(g) => [owner(g)]],
  rotateIncomingHook: [(g) => [{ ...owner(g), hook: itemAt(g.hooks, 1) }]],
  requireHook: [(g) => [{ hook: itemAt(g.hooks, 0), secret: "secret" }]],
  postToHook: [
    (g) => [{ hook: itemAt(g.hooks, 0), secret: "secret", post: { text: LONGEST_TEXT, files: TEN_FILES } }],
  ],
  hookMessage: [(g) => [{ hook: itemAt(g.hooks, 0), secret: "secret", seq: g.hookMessage }]],
  editHookMessage: [
    (g) => [
      { hook: itemAt(g.hooks, 0), secret: "secret", seq: g.hookMessage, text: `${LONGEST_TEXT.slice(1)}x` },
    ],
  ],
  revokeHookMessage: [(g) => [{ hook: itemAt(g.hooks, 0), secret: "secret", seq: g.hookMessage }]],
  deleteIncomingHook: [(g) => [{ ...owner(g), hook: itemAt(g.hooks, 1) }]],
  removeAmong: [(g) => [{ ...owner(g), targetIds: g.others.slice(200, 300) }]],
  ban: [(g) => [{ ...owner(g), targetId: g.next(), person: null, reason: WORDS }]],
  bans: [(g) => [{ ...owner(g), limit, after: 0 }]],
  liftBan: [(g) => [{ ...owner(g), targetId: g.banned, hasAccount: true }]],
  takeProfile: [
    (g) => [{ profile: { id: g.next(), username: "someone", nickname: "n", avatar: "", version: 9 } }],
  ],
  coverHook: [() => [{ id: newHookId(), since: 1, isReplay: true, isGate: false }]],
  checkRetention: [() => [{}]],
  remove: [(g) => [{ ...owner(g), targetIds: g.others.slice(300, 400) }]],
  removeDeleted: [(g) => [{ userId: g.next() }]],
  leave: [(g) => [{ userId: g.next() }]],
  putGroup: [
    (g) => [{ people: g.newcomers.slice(100, 125), change: { metadata: METADATA, history: true } }],
    (g) => [{ people: g.newcomers.slice(100, 125), change: {} }],
  ],
  changeMembers: [
    (g) => [
      {
        add: g.newcomers.slice(0, 50).map((person) => ({ person })),
        remove: g.others.slice(-REMOVED),
      },
    ],
  ],
  importMembers: [
    (g) => [
      {
        members: [...g.newcomers.slice(125, 175).map(({ id }) => id), ...g.others.slice(0, 50)].map(imported),
        people: g.newcomers.slice(125, 175),
      },
    ],
    (g) => [{ members: g.others.slice(-REMOVED).map(imported), people: [] }],
  ],
  importReads: [
    (g) => [{ reads: g.others.slice(0, 100).map((userId) => ({ userId, message: null, at: 1 })) }],
    (g) => [{ reads: g.others.slice(0, 100).map((userId) => ({ userId, message: NOWHERE, at: 1 })) }],
  ],
  importProfile: [() => [{ change: { threads: false }, dissolvedAt: null }]],
  overview: [() => [{}]],
  handOver: [(g) => [{ ...owner(g), successorId: itemAt(g.others, 0) }]],
  configure: [() => [{ retentionDays: 30 }]],
  dissolve: [(g) => [{ userId: itemAt(g.others, 0) }]],
  follow: [(g) => [{ userId: newcomer(g, 3).id }]],
  unfollow: [(g) => [{ userId: newcomer(g, 3).id }]],
  followAll: [(g) => [{ userIds: [newcomer(g, 3).id] }]],
  dissolveByStaff: [() => [{}]],
} satisfies Partial<Rows<typeof CONVERSATION_CALLS, LargeGroup>>;
