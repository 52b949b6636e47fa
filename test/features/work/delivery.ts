import type { CONVERSATION_CALLS } from "../../../src/conversation/calls.ts";
import { RelayNumber } from "../../../src/conversation/relays/relay-update.ts";
import { Position, type UserId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import type { Draft } from "../../../src/domain/messages/message.ts";
import { range } from "../../support/objects/room.ts";
import { type LargeGroup, largestDraft, SESSION } from "./large-group.ts";
import type { Rows } from "./rows.ts";

const TOKEN = "token";
const owner = ({ owner: userId }: LargeGroup) => ({ userId });

const SENDS = 64;
const WISHES = { showsThreads: true, takesChanges: true, takesParts: false };
const pageAfter = (g: LargeGroup, after: number, rev?: number) => ({
  ...{ userId: g.owner, ...WISHES, isAsked: true },
  ...{ after: Position.parse(after), rev },
});
const placeOf = (userId: UserId) => ({
  ...{ relay: RelayNumber.parse(0), number: 1, userId, sessionId: SESSION },
  ...{ ...WISHES, echoes: true },
});
/** The most frames that one call of a relay has, each with this draft. */
const sends = (g: LargeGroup, more: Partial<Draft> = {}) => ({
  sends: range(1, SENDS).map(() => ({ place: placeOf(g.owner), drafts: [largestDraft([], more)] })),
});

/** The calls by which inboxes, devices and the Worker learn of a conversation. */
export const DELIVERY = {
  init: [(g) => [owner(g)]],
  snapshot: [
    (g) => [{ userId: g.next(), subscribes: { hasDevices: true } }],
    (g) => [{ ...owner(g), writes: "b" }],
  ],
  pushConversation: [(g) => [owner(g)]],
  typing: [(g) => [{ userId: g.next() }]],
  announceDirectPermission: [() => [{ token: TOKEN }]],
  confirmDirectPermission: [() => [{ token: TOKEN }]],
  kick: [() => [{ sessionId: SESSION }]],
  openSessions: [() => [{ sessionIds: range(1, LIMITS.page).map(() => SESSION) }]],
  spaceChanged: [() => [{}]],
} satisfies Partial<Rows<typeof CONVERSATION_CALLS, LargeGroup>>;

/** The calls of relays. */
export const RELAYED = {
  openForRelay: [(g) => [{ userId: g.owner, users: 1, sessionId: SESSION }]],
  pageForRelay: [
    (g) => [pageAfter(g, 0, 0)],
    (g) => [pageAfter(g, g.poll, 0)],
    (g) => [pageAfter(g, g.first.hidden - 1)],
    (g) => [pageAfter(g, g.first.replies - 1)],
    (g) => [pageAfter(g, g.newest - LIMITS.page)],
  ],
  readForRelay: [(g) => [{ place: placeOf(g.next()), seq: Position.parse(g.newest) }]],
  sendForRelay: [(g) => [sends(g)], (g) => [sends(g, { thread: { root: g.root, alsoInMain: true } })]],
  unregisterForRelay: [(g) => [{ userId: g.owner, users: 1, sessionId: SESSION }]],
  describeForRelay: [(g) => [{ userIds: g.described }]],
} satisfies Partial<Rows<typeof CONVERSATION_CALLS, LargeGroup>>;
