import { isAhead, type SyncPosition } from "../../domain/sync/replay.ts";

/** The states of cursors by the integer that is stored for each. Append-only. */
export const STORED_STATES = ["live", "replaying", "pending", "focused", "held"] as const;

/** Where a device socket stands in a conversation, if it has left the shared delivered position. */
export interface DeviceCursor extends SyncPosition {
  state: (typeof STORED_STATES)[number];
}

/**
 * The states of a device socket in a conversation:
 * - `shared`: at the delivered position that the user's sockets share. It has no cursor.
 * - `live`: it gets each update, from a position of its own on.
 * - `pending`: messages wait until the socket is released. It has just connected and its client may resume
 *   elsewhere, or its client reads too slowly.
 * - `replaying`: in the middle of a replay; it gets only the pages that it asks for.
 * - `focused`: its client shows the conversation over a room socket; it gets nothing until it syncs.
 * - `held`: the group is crowded; it is told of messages, and gets them when it syncs.
 */
export type CursorState = "shared" | DeviceCursor["state"];

/** An update has more than the socket was sent. What becomes of it depends on the socket and the group. */
export type UpdateEvent =
  /** the socket is ready */
  | "update"
  /** the socket is ready, the group is crowded, and the client can ask for messages */
  | "crowdedUpdate"
  /** the socket has just connected, or its client reads too slowly */
  | "unreadyUpdate"
  /** a sync of the socket waits or runs: its page will have the update, or a later update has it */
  | "updateInSync"
  /** the membership has ended: nobody would bring later what waits now */
  | "lastUpdate";

/** What happens to a socket in a conversation. */
export type CursorEvent =
  | UpdateEvent
  /** the socket was sent what leads to a position */
  | "sent"
  /** the client asks for a page */
  | "syncBegins"
  /** the page was sent; more follow */
  | "page"
  | "lastPage"
  /** instead of a page: the user is no member */
  | "notFound"
  | "focus"
  /** the membership has ended, and the devices have all messages up to a position */
  | "left";

/**
 * - a state: the socket stays where it is, in this state
 * - `send`: it is sent the update, and nothing is noted before `sent`
 * - `join`: at the position of the event it is `shared` if the others are there too, else `live`
 * - `drop`: `shared`, unless it has messages from after the end of the membership: the user is back
 */
type Step = CursorState | "send" | "stay" | "join" | "drop";

/** What messages do to a socket that gets none but in pages. */
const WITHHELD: Readonly<Record<UpdateEvent | "sent" | "syncBegins", "stay">> = {
  ...{ update: "stay", crowdedUpdate: "stay", unreadyUpdate: "stay", updateInSync: "stay" },
  ...{ lastUpdate: "stay", sent: "stay", syncBegins: "stay" },
};
/** What a page or a focus does to any socket. */
const REQUESTED = { page: "replaying", lastPage: "join", notFound: "join", focus: "focused" } as const;

/** The machine: what each event makes of each state. */
export const TRANSITIONS: Readonly<Record<CursorState, Readonly<Record<CursorEvent, Step>>>> = {
  shared: {
    ...{ update: "send", crowdedUpdate: "held", unreadyUpdate: "pending", updateInSync: "live" },
    ...{ lastUpdate: "send", sent: "join", syncBegins: "stay", left: "stay" },
    ...REQUESTED,
  },
  live: {
    ...{ update: "send", crowdedUpdate: "held", unreadyUpdate: "pending", updateInSync: "stay" },
    ...{ lastUpdate: "send", sent: "join", syncBegins: "stay", left: "drop" },
    ...REQUESTED,
  },
  pending: {
    ...{ update: "send", crowdedUpdate: "send", unreadyUpdate: "stay", updateInSync: "stay" },
    ...{ lastUpdate: "send", sent: "join", syncBegins: "live", left: "drop" },
    ...REQUESTED,
  },
  // The client asks for the next page, and is refused with `not_found`.
  replaying: { ...WITHHELD, ...REQUESTED, left: "stay" },
  // The room socket has brought the messages, and closes.
  focused: { ...WITHHELD, ...REQUESTED, left: "shared" },
  // The client has not asked for the messages.
  held: { ...WITHHELD, ...REQUESTED, left: "shared" },
};

/**
 * @param cursor undefined: the socket is at the shared position
 * @param shared the shared position, after the event
 * @param to the position of the event; absent: that of the socket
 * @returns the cursor after an event; undefined: the socket is at the shared position
 */
export function cursorAfter(
  cursor: DeviceCursor | undefined,
  event: CursorEvent,
  shared: SyncPosition,
  to: SyncPosition = cursor ?? shared,
): DeviceCursor | undefined {
  const step = TRANSITIONS[stateOf(cursor)][event];
  switch (step) {
    case "send":
    case "stay":
      return cursor;
    case "shared":
      return undefined;
    case "join":
      return isSame(to, shared) ? undefined : { seq: to.seq, rev: to.rev, state: "live" };
    case "drop":
      return cursor && cursor.seq > to.seq ? cursor : undefined;
    default:
      return { seq: to.seq, rev: to.rev, state: step };
  }
}

export function stateOf(cursor: DeviceCursor | undefined): CursorState {
  return cursor?.state ?? "shared";
}

/** Whether events of the conversation are withheld from the socket too: typing, read positions. */
export function withholdsEvents(cursor: DeviceCursor | undefined): boolean {
  return cursor?.state === "replaying" || cursor?.state === "focused";
}

export function isSame(one: SyncPosition, other: SyncPosition): boolean {
  return !isAhead(one, other) && !isAhead(other, one);
}
