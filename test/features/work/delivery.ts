import type { CONVERSATION_CALLS } from "../../../src/conversation/calls.ts";
import { RelayNumber } from "../../../src/conversation/relays/relay-update.ts";
import { Position, SessionId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { range } from "../../support/objects/room.ts";
import { type LargeGroup, largestDraft } from "./large-group.ts";
import type { Rows } from "./rows.ts";

const SESSION = SessionId.parse("0".repeat(32));
const TOKEN = "token";
const owner = ({ owner: userId }: LargeGroup) => ({ userId });

const SENDS = 64;
const DESCRIBED = 100;
const WISHES = { showsThreads: true, takesChanges: true, takesParts: false };
const pageAfter = (g: LargeGroup, after: number, rev?: number) => ({
  ...{ userId: g.owner, ...WISHES, isAsked: true },
  ...{ after: Position.parse(after), rev },
});
const placeOf = (g: LargeGroup) => ({
  ...{ relay: RelayNumber.parse(0), number: 1, userId: g.owner, sessionId: SESSION },
  ...{ ...WISHES, echoes: true },
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
  readForRelay: [(g) => [{ place: placeOf(g), seq: Position.parse(g.newest) }]],
  sendForRelay: [
    (g) => [{ sends: range(1, SENDS).map(() => ({ place: placeOf(g), drafts: [largestDraft([])] })) }],
    // What the sends have left to a later turn.
    () => [{ sends: [] }],
  ],
  unregisterForRelay: [(g) => [{ userId: g.owner, users: 1, sessionId: SESSION }]],
  describeForRelay: [(g) => [{ userIds: range(1, DESCRIBED).map(() => g.next()) }]],
} satisfies Partial<Rows<typeof CONVERSATION_CALLS, LargeGroup>>;
