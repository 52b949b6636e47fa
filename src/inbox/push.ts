import type { Bump } from "../core/bump.ts";
import { type ConversationId, Position, type Seq, type UserId } from "../core/ids.ts";
import type { Conversations } from "../core/ports.ts";
import type { DeviceProtocol } from "../core/protocol.ts";
import { isAhead, type Place, type ReplayPage } from "../core/replay.ts";
import type { Scene } from "../core/scene.ts";
import type { Timing } from "../core/timing.ts";
import { withDeadline } from "../object/deadline.ts";
import { changeEvents, messageFrames } from "../object/frames.ts";
import type { DeviceSocket } from "./device-socket.ts";
import type { Scenes, Unread } from "./scenes.ts";
import type { Stand } from "./standings.ts";

/** What a socket sent itself. */
export interface Own {
  socket: DeviceSocket;
  seqs: ReadonlySet<Seq>;
}

/** Up to where sockets are to be told. */
type Upto = Pick<Bump, "conversationId" | "lastSeq" | "rev" | "page"> & Partial<Unread>;

interface PushDeps {
  conversations: Conversations;
  scenes: Scenes;
  timing: Pick<Timing, "deviceFeed">;
  userId(): UserId;
}

const NONE: ReadonlySet<Seq> = new Set();

/**
 * Tells sockets what they miss up to a bump: its page, where that goes on from them, and what is to be fetched.
 * Up to where they are told is noted before, in the same turn.
 * @param own what one of them has sent, and is not told
 */
export async function bring(
  { conversations, scenes, timing, userId }: PushDeps,
  stand: Stand,
  upto: Upto,
  own?: Own,
): Promise<void> {
  const { conversationId: id, lastSeq: seq, rev, page: hint } = upto;
  if (hint && goesOn(hint, stand.place)) push(scenes, stand, upto, hint, own);
  while (isAhead({ seq, rev }, stand.place)) {
    // Who has left meanwhile misses what was said before all the same.
    const asked = { userId: userId(), after: stand.place.seq, rev: stand.place.rev, evenLeft: true };
    const page = withDeadline(conversations.replay(id, asked), timing.deviceFeed.pageTimeoutMs);
    push(scenes, stand, upto, await page, own);
  }
}

/** Whether a page goes on from a place: it misses nothing behind it, and leads to none before it. */
export function goesOn(page: ReplayPage, from: Place): boolean {
  const hasChanges = page.since !== undefined && page.since <= from.rev && page.rev >= from.rev;
  return hasChanges && page.after <= from.seq && page.lastSeq >= from.seq;
}

/**
 * Tells sockets what of a page is new to them. What it has beyond a bump is for the next to tell: of who has left
 * it may be what came once he was back.
 */
function push(scenes: Scenes, stand: Stand, upto: Upto, page: ReplayPage, own?: Own): void {
  const from = stand.place;
  const to = {
    seq: Position.parse(Math.max(from.seq, Math.min(page.lastSeq, upto.lastSeq))),
    rev: Math.max(from.rev, Math.min(page.rev, upto.rev)),
  };
  const made = new Map<unknown, string[]>();
  const told = stand.sockets(to).map((socket) => {
    const { protocol } = socket;
    const isOwn = own?.socket === socket && protocol.acking !== null;
    const found = isOwn ? undefined : made.get(protocol);
    const without = isOwn ? own.seqs : NONE;
    const scene = protocol.inScene ? scenes.of(upto) : undefined;
    const lines = found ?? newFrames(page, { from, to }, upto.conversationId, protocol, without, scene);
    if (!isOwn) made.set(protocol, lines);
    return { socket, lines };
  });
  stand.note(to);
  stand.place = to;
  for (const { socket, lines } of told) for (const line of lines) socket.send(line);
}

/**
 * What of a page leads a socket from one place to another, as frames: what became of what it has, then the messages
 * behind it.
 * @param without messages which it sent itself: it has the acks, and is told what became of them since
 * @param scene for a wire format which wants it
 */
export function newFrames(
  page: ReplayPage,
  { from, to }: { from: Place; to: Place },
  conversationId: ConversationId,
  protocol: DeviceProtocol,
  without: ReadonlySet<Seq>,
  scene?: Scene,
): string[] {
  const within = page.within.filter(({ seq }) => seq <= from.seq || without.has(seq));
  const changes = [...page.changes, ...within].filter(({ rev }) => rev > from.rev && rev <= to.rev);
  // A client takes the last for all that there were, should its connection break behind it.
  changes.sort((a, b) => a.rev - b.rev);
  const isNew = (seq: Seq) => seq > from.seq && seq <= to.seq && !without.has(seq);
  const messages = page.messages.filter(({ seq }) => isNew(seq));
  return [
    ...changeEvents(changes, conversationId).flatMap((event) => protocol.event(event) ?? []),
    ...messageFrames(messages, protocol, scene),
  ];
}
