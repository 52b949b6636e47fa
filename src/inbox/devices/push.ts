import { type ConversationId, Position, type Seq, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Conversations } from "../../domain/ports.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { MessageContext } from "../../domain/sync/message-context.ts";
import { type DevicePage, furthest, isAhead, type SyncPosition } from "../../domain/sync/replay.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { Semaphore } from "../../object/concurrency.ts";
import { changeFrames, frames } from "../../object/frames.ts";
import type { DeviceAudience, SocketGroup } from "./delivery-positions.ts";
import type { DeviceSocket } from "./device-socket.ts";
import type { MessageContexts, Unread } from "./message-contexts.ts";
import { changedParts, type DeviceView, messageParts, shownChanges } from "./message-parts.ts";

/** The messages that a socket has just sent itself. */
export interface OwnMessages {
  socket: DeviceSocket;
  seqs: ReadonlySet<Seq>;
}

/** The position to which sockets are brought, with a page that may lead there. */
type Target = Pick<InboxUpdate, "conversationId" | "lastSeq" | "rev" | "page"> & Partial<Unread>;

/** What a push needs from the inbox. */
interface PushDeps {
  audience: Pick<DeviceAudience, "open">;
  conversations: Conversations;
  /** bounds the bytes of the pages that are fetched, until they are sent */
  pageBudget: Semaphore;
  contexts: MessageContexts;
  timing: Pick<Timing, "deviceFeed">;
  userId(): UserId;
}

const NONE: ReadonlySet<Seq> = new Set();

/**
 * @param messages how many messages are known to be in a page
 * @returns the most bytes that their bodies may have: what a task that fetches the page holds of the budget
 */
export function maxPageBytes(messages: number): number {
  return Math.min(Math.max(messages, 1) * LIMITS.mergedBytes, LIMITS.pageBytes);
}

/**
 * Brings sockets up to an update: sends its page, if that continues from their position, and fetches further
 * pages from the conversation. Each position is noted before its frames are sent, in the same turn.
 * @param own messages that one of the sockets has sent: it gets acks for them instead
 * @throws `unavailable` if a page cannot be fetched in time; the sockets keep what they were sent
 */
export async function catchUp(
  { audience, conversations, pageBudget, contexts, timing, userId }: PushDeps,
  group: SocketGroup,
  target: Target,
  own?: OwnMessages,
): Promise<void> {
  const { conversationId: id, lastSeq: seq, rev, page: hint } = target;
  if (hint && isUsable(hint, group.position, audience)) push(contexts, group, target, hint, own);
  while (isAhead({ seq, rev }, group.position) && !group.isWaiting?.()) {
    // A user who has left meanwhile still misses the messages from before.
    const request = {
      userId: userId(),
      after: group.position.seq,
      rev: group.position.rev,
      includeFormer: true,
      isLive: true,
      parts: allTakeParts(audience),
    };
    await pageBudget.run(
      async () => {
        const replay = conversations.replay(id, request);
        const page = await withDeadline(replay, timing.deviceFeed.pageTimeoutMs);
        // A socket that has opened meanwhile may want whole messages: the page is fetched anew.
        if (!page.parts || allTakeParts(audience)) push(contexts, group, target, page, own);
      },
      maxPageBytes(seq - group.position.seq),
    );
  }
}

/**
 * Whether a page continues from a position, lacks nothing after it and does not end before it; and whether it
 * is as all sockets want it that are open: one may have opened since the page was made.
 */
export function isUsable(
  page: DevicePage,
  from: SyncPosition,
  audience: Pick<DeviceAudience, "open">,
): boolean {
  const { formats } = page;
  const hasChanges = page.since !== undefined && page.since <= from.rev && page.rev >= from.rev;
  const continues = hasChanges && page.after <= from.seq && page.lastSeq >= from.seq;
  if (!continues || (page.parts && !allTakeParts(audience))) return false;
  return !formats || audience.open().every(({ protocol }) => formats.includes(protocol.name));
}

/** Whether all open sockets take changed messages without the bodies that they have. */
export function allTakeParts(audience: Pick<DeviceAudience, "open">): boolean {
  return audience.open().every(({ takesParts, takesChanges }) => takesParts || !takesChanges);
}

/**
 * Sends sockets what is new to them in a page. Messages beyond the target are left to the next update: if the
 * user has left, they may be from after a return.
 */
function push(
  contexts: MessageContexts,
  group: SocketGroup,
  target: Target,
  page: DevicePage,
  own?: OwnMessages,
): void {
  const from = group.position;
  const to = furthest(from, {
    seq: Position.parse(Math.min(page.lastSeq, target.lastSeq)),
    rev: Math.min(page.rev, target.rev),
  });
  /** by protocol, and by what the client takes */
  const known = new Map<string, string[]>();
  const outgoing = group.sockets(to).map((socket) => {
    const { protocol, takesChanges, showsThreads } = socket;
    const key = `${protocol.name} ${takesChanges} ${showsThreads}`;
    const isOwn = own?.socket === socket && protocol.acks !== null;
    const encoded = isOwn ? undefined : known.get(key);
    const excluded = isOwn ? own.seqs : NONE;
    const context = protocol.complete ? contexts.of(target) : undefined;
    const receiver = { protocol, takesChanges, showsThreads, excluded, context };
    const frames = encoded ?? newFrames(page, { from, to }, target.conversationId, receiver);
    if (!isOwn) known.set(key, frames);
    return { socket, frames };
  });
  group.save(to);
  group.position = to;
  for (const { socket, frames } of outgoing) for (const frame of frames) socket.send(frame);
}

/** Who is sent a part of a page. */
interface Receiver extends DeviceView {
  /** the client is sent messages as they are after a change */
  takesChanges: boolean;
  /** messages that the socket has sent itself: it gets acks for them, but also their changes */
  excluded: ReadonlySet<Seq>;
  /** for wire formats that want it */
  context?: MessageContext | undefined;
}

/**
 * The frames of the part of a page that leads a socket from one position to another: changes of the messages
 * that it has, then the later messages.
 * @returns the frames, in order
 */
export function newFrames(
  page: DevicePage,
  { from, to }: { from: SyncPosition; to: SyncPosition },
  conversationId: ConversationId,
  { takesChanges, excluded, context, ...view }: Receiver,
): string[] {
  const { protocol } = view;
  /** Whether the socket has the message from before this page, or as its sender. */
  const isHeld = ({ seq }: { seq: Seq }) => seq <= from.seq || excluded.has(seq);
  // An own message is not shown by the page, so its change is sent however old it is.
  const isUnshown = (seq: Seq) => seq > from.seq && seq <= to.seq && excluded.has(seq);
  const isDue = ({ seq, rev }: { seq: Seq; rev: number }) =>
    rev > 0 && rev <= to.rev && (rev > from.rev || isUnshown(seq));
  const changes = shownChanges([...page.changes, ...page.laterChanges.filter(isHeld)], view).filter(isDue);
  // A page that begins where the socket is has none of its messages.
  const held = page.after < from.seq || excluded.size > 0 ? page.messages.filter(isHeld) : [];
  const changed = [...page.changed, ...held].filter(isDue);
  const byRev = (one: { rev: number }, other: { rev: number }) => one.rev - other.rev;
  const parts = takesChanges ? changedParts(changed.sort(byRev), view, context) : [];
  const isNew = (seq: Seq) => seq > from.seq && seq <= to.seq && !excluded.has(seq);
  const messages = page.messages.filter(({ seq }) => isNew(seq));
  return [
    ...changeFrames(changes.sort(byRev), parts, conversationId, protocol),
    ...frames(messageParts(messages, view, context), protocol.messages, protocol.maxMessagesPerFrame),
  ];
}
