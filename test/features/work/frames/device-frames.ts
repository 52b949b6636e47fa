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
  send: [
    (i) => [sends(SENDS, (n) => ({ conversation_id: i.groups[n % i.groups.length] }))],
    ...Array.from({ length: FRAMES }, () => (i: LargeInbox): [ClientFrame] => [
      sends(LARGEST, () => to(i), LONGEST_TEXT),
    ]),
  ],
  read: [(i) => [processed(i, { type: "read", ...to(i), seq: 50 })]],
  typing: [(i) => [processed(i, { type: "typing", ...to(i) })]],
  draft_text: [(i) => [processed(i, { type: "draft_text", ...to(i), stream: "s", text: LONGEST_TEXT })]],
  sync: [
    (i) => [sync([{ ...to(i), after: BEFORE, rev: 0 }])],
    (i) => [sync(i.groups.map((id) => ({ conversation_id: id, after: 0, rev: 0 })))],
  ],
  focus: [
    (i) => [
      {
        frame: { type: "focus", ...to(i) },
        isAnswered: (came) => came.some(({ type }) => type === "focused"),
      },
    ],
    (i) => [processed(i, { type: "focus", conversation_id: null })],
  ],
  auth: [
    (i) => [
      {
        frame: { type: "auth", token: i.signedIn.token },
        isAnswered: (came) => came.some(({ type }) => type === "authed"),
      },
    ],
  ],
  heartbeat: [
    () => [{ frame: { s: 2, sn: 0 }, isAnswered: (came) => came.some(({ type }) => type === "signal 3") }],
  ],
  resume: [
    () => [{ frame: { s: 4, sn: 0 }, isAnswered: (came) => came.some(({ type }) => type === "signal 6") }],
  ],
  leave: [
    () => [
      { frame: { type: "LOGOUT" }, isAnswered: (came) => came.some(({ type }) => type === "KICKED_OUT") },
    ],
  ],
};
