import { type ConversationId, Position, type Seq, type UserId } from "../../domain/ids.ts";
import type { Conversations } from "../../domain/ports.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { MessageContext } from "../../domain/sync/message-context.ts";
import { isAhead, type ReplayPage, type SyncPosition } from "../../domain/sync/replay.ts";
import type { DeviceProtocol } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/deadline.ts";
import { changeEvents, messageFrames } from "../../object/frames.ts";
import type { SocketGroup } from "./delivery-positions.ts";
import type { DeviceSocket } from "./device-socket.ts";
import type { MessageContexts, Unread } from "./message-contexts.ts";

/** What a socket sent itself. */
export interface OwnMessages {
  socket: DeviceSocket;
  seqs: ReadonlySet<Seq>;
}

/** Up to where sockets are to be told. */
type Target = Pick<InboxUpdate, "conversationId" | "lastSeq" | "rev" | "page"> & Partial<Unread>;

interface PushDeps {
  conversations: Conversations;
  contexts: MessageContexts;
  timing: Pick<Timing, "deviceFeed">;
  userId(): UserId;
}

const NONE: ReadonlySet<Seq> = new Set();

/**
 * Tells sockets what they miss up to a bump: its page, where that goes on from them, and what is to be fetched.
 * Up to where they are told is noted before, in the same turn.
 * @param own what one of them has sent, and is not told
 */
export async function catchUp(
  { conversations, contexts, timing, userId }: PushDeps,
  group: SocketGroup,
  upto: Target,
  own?: OwnMessages,
): Promise<void> {
  const { conversationId: id, lastSeq: seq, rev, page: hint } = upto;
  if (hint && continuesFrom(hint, group.position)) push(contexts, group, upto, hint, own);
  while (isAhead({ seq, rev }, group.position)) {
    // Who has left meanwhile misses what was said before all the same.
    const asked = {
      userId: userId(),
      after: group.position.seq,
      rev: group.position.rev,
      includeFormer: true,
    };
    const page = withDeadline(conversations.replay(id, asked), timing.deviceFeed.pageTimeoutMs);
    push(contexts, group, upto, await page, own);
  }
}

/** Whether a page goes on from a place: it misses nothing behind it, and leads to none before it. */
export function continuesFrom(page: ReplayPage, from: SyncPosition): boolean {
  const hasChanges = page.since !== undefined && page.since <= from.rev && page.rev >= from.rev;
  return hasChanges && page.after <= from.seq && page.lastSeq >= from.seq;
}

/**
 * Tells sockets what of a page is new to them. What it has beyond a bump is for the next to tell: of who has left
 * it may be what came once he was back.
 */
function push(
  contexts: MessageContexts,
  group: SocketGroup,
  upto: Target,
  page: ReplayPage,
  own?: OwnMessages,
): void {
  const from = group.position;
  const to = {
    seq: Position.parse(Math.max(from.seq, Math.min(page.lastSeq, upto.lastSeq))),
    rev: Math.max(from.rev, Math.min(page.rev, upto.rev)),
  };
  const made = new Map<unknown, string[]>();
  const told = group.sockets(to).map((socket) => {
    const { protocol } = socket;
    const isOwn = own?.socket === socket && protocol.acks !== null;
    const found = isOwn ? undefined : made.get(protocol);
    const without = isOwn ? own.seqs : NONE;
    const scene = protocol.wantsContext ? contexts.of(upto) : undefined;
    const lines = found ?? newFrames(page, { from, to }, upto.conversationId, protocol, without, scene);
    if (!isOwn) made.set(protocol, lines);
    return { socket, lines };
  });
  group.save(to);
  group.position = to;
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
  { from, to }: { from: SyncPosition; to: SyncPosition },
  conversationId: ConversationId,
  protocol: DeviceProtocol,
  without: ReadonlySet<Seq>,
  scene?: MessageContext,
): string[] {
  const within = page.laterChanges.filter(({ seq }) => seq <= from.seq || without.has(seq));
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
