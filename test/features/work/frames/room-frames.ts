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
  read: {
    worst: "all messages at once",
    cases: [
      (g) => [{ frame: { type: "read", seq: g.first.mentions } }],
      (g) => [{ frame: { type: "read", seq: g.poll } }],
    ],
    ...{ read: 220, written: 5, bytes: 0 },
    by: "as the call `read`",
  },
  send: {
    worst: `${SENDS} sends with ${LIMITS.mentions} mentions and a quote each; in a thread that all members follow; ${LARGEST} of the largest texts`,
    cases: [
      (g) => [sends(SENDS, () => ({ mentions: g.others.slice(0, LIMITS.mentions), quote_seq: g.newest }))],
      (g) => [sends(SENDS, () => ({ thread: { root: g.root } }))],
      () => [sends(LARGEST, () => ({}), LONGEST_TEXT)],
    ],
    ...{ read: 1_200, written: 410, bytes: 250_000 },
    by: "100 sends, `writtenBytes`; what they change is one inbox update for each member, in turns of their own",
  },
  auth: {
    worst: "a member's token; the inbox is asked whether its session has ended",
    cases: [
      (g) => [
        {
          frame: { type: "auth", token: g.token },
          isAnswered: (came) => came.some(({ type }) => type === "authed"),
        },
      ],
    ],
    ...{ read: 20, written: 10, bytes: 60 },
    by: "one registration at the inbox",
  },
  typing: {
    worst: "a member",
    cases: [() => [{ frame: { type: "typing" } }]],
    ...{ read: 20, written: 10, bytes: 0 },
    by: "no row",
  },
  sync: {
    worst: "as the call `replay`",
    cases: [
      () => [sync(0, 0)],
      (g) => [sync(g.first.hidden - 1, revOf(g))],
      (g) => [sync(g.first.replies - 1, revOf(g))],
      (g) => [sync(g.newest - LIMITS.page, revOf(g))],
    ],
    ...{ read: 10_100, written: 5, bytes: 2_800_000 },
    by: "100 messages, 200 changes, `pageBytes`; counts changes to twice `changes`",
    grows:
      "the changed messages, 2 rows for each, to twice `changes`; those that the user has hidden one by one, 2 rows for each",
  },
};
