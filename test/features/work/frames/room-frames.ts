import { LIMITS } from "../../../../src/domain/limits.ts";
import type { RoomCommand } from "../../../../src/domain/sync/socket-protocol.ts";
import { range } from "../../../support/objects/room.ts";
import { type LargeGroup, LONGEST_TEXT } from "../large-group.ts";
import type { FrameRows } from "../rows.ts";
import { type ClientFrame, countSettled, countSynced } from "./counted-frame.ts";

/** The sends of a frame, and how many of the largest texts fit in one. */
export const SENDS = 100;
export const LARGEST = 10;

/** A frame of several sends. */
export function sends(count: number, fields: (n: number) => object, text = "hello"): ClientFrame {
  const items = range(1, count).map((n) => ({ kind: "text", body: { text }, ...fields(n) }));
  return { frame: { type: "sends", items }, isAnswered: (came) => countSettled(came) >= count };
}

const sync = (after: number, rev?: number): ClientFrame => ({
  frame: { type: "sync", after, rev },
  isAnswered: (came) => countSynced(came) > 0,
});

/** The change after which a log has few others. */
const revOf = ({ first, size }: LargeGroup) => first.changed + size;

/** The frames of room sockets, by the commands that they are. */
export const ROOM_FRAMES: FrameRows<RoomCommand["type"], LargeGroup> = {
  read: [
    (g) => [{ frame: { type: "read", seq: g.first.mentions } }],
    (g) => [{ frame: { type: "read", seq: g.poll } }],
  ],
  send: [
    (g) => [sends(SENDS, () => ({ mentions: g.others.slice(0, LIMITS.mentions), quote_seq: g.newest }))],
    (g) => [sends(SENDS, () => ({ thread: { root: g.root } }))],
    () => [sends(LARGEST, () => ({}), LONGEST_TEXT)],
  ],
  auth: [
    (g) => [
      {
        frame: { type: "auth", token: g.token },
        isAnswered: (came) => came.some(({ type }) => type === "authed"),
      },
    ],
  ],
  typing: [() => [{ frame: { type: "typing" } }]],
  sync: [
    () => [sync(0, 0)],
    (g) => [sync(g.first.hidden - 1, revOf(g))],
    (g) => [sync(g.first.replies - 1, revOf(g))],
    (g) => [sync(g.newest - LIMITS.page, revOf(g))],
  ],
};
