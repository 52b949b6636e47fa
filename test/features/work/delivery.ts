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
} satisfies Partial<Rows<typeof CONVERSATION_CALLS, LargeGroup>>;
