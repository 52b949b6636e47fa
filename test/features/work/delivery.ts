import type { CONVERSATION_CALLS } from "../../../src/conversation/calls.ts";
import { SessionId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { range } from "../../support/objects/room.ts";
import type { LargeGroup } from "./large-group.ts";
import type { Rows } from "./rows.ts";

const SESSION = SessionId.parse("0".repeat(32));
const TOKEN = "token";
const owner = ({ owner: userId }: LargeGroup) => ({ userId });

/** The calls by which inboxes, devices and the Worker learn of a conversation. */
export const DELIVERY = {
  init: {
    worst: "a group of 1,000 members",
    cases: [(g) => [owner(g)]],
    ...{ read: 2_200, written: 5, bytes: 45 },
    by: "50 inbox updates, each of 200 messages with mentions",
  },
  snapshot: {
    worst: "a member with 100 mentions; one who follows 500 threads and writes",
    cases: [
      (g) => [{ userId: g.next(), subscribes: { hasDevices: true } }],
      (g) => [{ ...owner(g), writes: "b" }],
    ],
    ...{ read: 65, written: 10, bytes: 1_950 },
    by: "one inbox update",
  },
  pushConversation: {
    worst: "a member",
    cases: [(g) => [owner(g)]],
    ...{ read: 25, written: 5, bytes: 45 },
    by: "the sockets of one user",
  },
  typing: {
    worst: "a member",
    cases: [(g) => [{ userId: g.next() }]],
    ...{ read: 20, written: 5, bytes: 45 },
    by: "no row",
  },
  announceDirectPermission: {
    worst: "one change",
    cases: [() => [{ token: TOKEN }]],
    ...{ read: 20, written: 10, bytes: 45 },
    by: "one row",
  },
  confirmDirectPermission: {
    worst: "one change",
    cases: [() => [{ token: TOKEN }]],
    ...{ read: 25, written: 10, bytes: 45 },
    by: "one row; one read of D1 for all callers",
  },
  kick: {
    worst: "a session",
    cases: [() => [{ sessionId: SESSION }]],
    ...{ read: 35, written: 10, bytes: 45 },
    by: "`roomSockets.perUser`",
  },
  openSessions: {
    worst: "100 sessions of a user",
    cases: [() => [{ sessionIds: range(1, LIMITS.page).map(() => SESSION) }]],
    ...{ read: 20, written: 5, bytes: 45 },
    by: "no row",
  },
} satisfies Partial<Rows<typeof CONVERSATION_CALLS, LargeGroup>>;
