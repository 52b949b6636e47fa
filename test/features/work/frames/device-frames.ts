import type { DeviceCommand } from "../../../../src/domain/sync/socket-protocol.ts";
import { LONGEST_TEXT } from "../large-group.ts";
import type { LargeInbox } from "../large-inbox.ts";
import type { FrameRows } from "../rows.ts";
import { type ClientFrame, countSynced } from "./counted-frame.ts";
import { LARGEST, SENDS, sends } from "./room-frames.ts";

/** The conversations of one frame here, all of which exist: a frame may have 100. */
export const CONVERSATIONS = 20;
/** The frames with the largest texts, of which the last page of the log is. */
const FRAMES = 10;

/** The messages of a group before these. */
const BEFORE = 2;

const to = ({ group }: LargeInbox) => ({ conversation_id: group });
const processed = ({ group }: LargeInbox, frame: object): ClientFrame => ({ frame, conversationId: group });
const sync = (items: object[]): ClientFrame => ({
  frame: { type: "sync", items },
  isAnswered: (came) => countSynced(came) >= items.length,
});

/** The frames of device sockets, by the commands that they are. */
export const DEVICE_FRAMES: FrameRows<DeviceCommand["type"], LargeInbox> = {
  send: {
    worst: `${SENDS} sends to ${CONVERSATIONS} conversations; ${LARGEST} of the largest texts`,
    cases: [
      (i) => [sends(SENDS, (n) => ({ conversation_id: i.groups[n % i.groups.length] }))],
      ...Array.from({ length: FRAMES }, () => (i: LargeInbox): [ClientFrame] => [
        sends(LARGEST, () => to(i), LONGEST_TEXT),
      ]),
    ],
    ...{ read: 170, written: 25, bytes: 100_000 },
    by: "100 sends, `writtenBytes`: 8 rows for each conversation",
  },
  read: {
    worst: "all messages at once",
    cases: [(i) => [processed(i, { type: "read", ...to(i), seq: 50 })]],
    ...{ read: 5, written: 5, bytes: 0 },
    by: "one update",
  },
  typing: {
    worst: "one conversation",
    cases: [(i) => [processed(i, { type: "typing", ...to(i) })]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "no row",
  },
  draft_text: {
    worst: "the longest text of a user who is no bot, and is refused",
    cases: [(i) => [processed(i, { type: "draft_text", ...to(i), stream: "s", text: LONGEST_TEXT })]],
    ...{ read: 20, written: 10, bytes: 150 },
    by: "no row",
  },
  sync: {
    worst: `a page of 100 of the largest texts; ${CONVERSATIONS} conversations at once`,
    cases: [
      (i) => [sync([{ ...to(i), after: BEFORE, rev: 0 }])],
      (i) => [sync(i.groups.map((id) => ({ conversation_id: id, after: 0, rev: 0 })))],
    ],
    ...{ read: 10, written: 25, bytes: 2_700_000 },
    by: "100 conversations, 1 row written for each; 100 messages and `pageBytes` of each",
  },
  focus: {
    worst: "one conversation",
    cases: [
      (i) => [
        {
          frame: { type: "focus", ...to(i) },
          isAnswered: (came) => came.some(({ type }) => type === "focused"),
        },
      ],
      (i) => [processed(i, { type: "focus", conversation_id: null })],
    ],
    ...{ read: 50, written: 20, bytes: 200 },
    by: "one cursor",
  },
  auth: {
    worst: "one token",
    cases: [
      (i) => [
        {
          frame: { type: "auth", token: i.signedIn.token },
          isAnswered: (came) => came.some(({ type }) => type === "authed"),
        },
      ],
    ],
    ...{ read: 20, written: 10, bytes: 60 },
    by: "one session",
  },
  heartbeat: {
    worst: "one number, at a gateway",
    cases: [
      () => [{ frame: { s: 2, sn: 0 }, isAnswered: (came) => came.some(({ type }) => type === "signal 3") }],
    ],
    ...{ read: 20, written: 10, bytes: 40 },
    by: "`botUpdates` that were taken; `gatewaySessions`, 2 rows for each",
  },
  resume: {
    worst: "a session without events",
    cases: [
      () => [{ frame: { s: 4, sn: 0 }, isAnswered: (came) => came.some(({ type }) => type === "signal 6") }],
    ],
    ...{ read: 20, written: 10, bytes: 120 },
    by: "`botUpdates`",
  },
  leave: {
    worst: "one socket, of the wire format that has this frame",
    cases: [
      () => [
        { frame: { type: "LOGOUT" }, isAnswered: (came) => came.some(({ type }) => type === "KICKED_OUT") },
      ],
    ],
    ...{ read: 20, written: 10, bytes: 30 },
    by: "no row",
  },
};
