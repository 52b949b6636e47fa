import { CoreError } from "../../domain/errors.ts";
import { type ConversationId, Position, type Seq, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Metrics } from "../../domain/operation/metrics.ts";
import type { Conversations } from "../../domain/ports.ts";
import type { MessageContext } from "../../domain/sync/message-context.ts";
import {
  type DevicePage,
  furthest,
  isAhead,
  type SyncPosition,
  toldChanges,
} from "../../domain/sync/replay.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { Semaphore } from "../../object/concurrency.ts";
import { changeFrames, frames } from "../../object/frames.ts";
import { isSame } from "./cursor.ts";
import type { DeliveryPositions, DeviceAudience, Due, SocketGroup } from "./delivery-positions.ts";
import type { DeviceSocket } from "./device-socket.ts";
import { changedParts, type DeviceView, messageParts, shownChanges } from "./frame-parts.ts";
import type { MessageContexts, Unread } from "./message-contexts.ts";

/** The messages that a socket has just sent itself. */
export interface OwnMessages {
  socket: DeviceSocket;
  seqs: ReadonlySet<Seq>;
}

/** The position to which sockets are brought, with a page that may lead there. */
type Target = Due & { page?: DevicePage | undefined } & Partial<Unread>;

/** The delivered position that the sockets of a conversation share. */
export class SharedPosition {
  #position: SyncPosition;
  readonly #save: (position: SyncPosition) => void;
  #isSaved = false;

  /** @param save stores the position, with the update that leads to it */
  constructor(position: SyncPosition, save: (position: SyncPosition) => void = () => undefined) {
    this.#position = position;
    this.#save = save;
  }

  get position(): SyncPosition {
    return this.#position;
  }

  moveTo(position: SyncPosition): void {
    this.#position = position;
    this.#isSaved = true;
    this.#save(position);
  }

  /** Stores the position unless that is done. */
  save(): void {
    if (!this.#isSaved) this.moveTo(this.#position);
  }
}

/** What `bringUp` needs from the inbox. */
interface BringUpDeps {
  audience: Pick<DeviceAudience, "open">;
  positions: DeliveryPositions;
  conversations: Pick<Conversations, "replay">;
  /** bounds the bytes of the pages that are fetched, until they are sent */
  pageBudget: Semaphore;
  contexts: MessageContexts;
  metrics: Metrics;
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
 * Brings the sockets of a conversation up to an update: sends its page to those from whose position it goes
 * on, and fetches further pages from the conversation. Each position is noted before its frames are sent, in
 * the same turn.
 * @param own messages that one of the sockets has sent: it gets acks for them instead
 * @throws `unavailable` if a page cannot be fetched in time, or does not lead on; the sockets keep what they
 *   were sent
 */
export async function bringUp(
  deps: BringUpDeps,
  shared: SharedPosition,
  target: Target,
  own?: OwnMessages,
): Promise<void> {
  const { audience, positions } = deps;
  const { lastSeq: seq, rev, page: hint } = target;
  const next = () => positions.behind(target, shared.position);
  for (let group = next(); group; group = next()) {
    const { position, sockets } = group;
    if (sockets.length === 0) shared.moveTo(furthest(position, { seq, rev }));
    else if (hint && leadsOn(hint, position, target, audience)) {
      sendPage(deps, shared, group, target, hint, own);
      // What has come with the update comes live.
      const first = hint.messages.find(({ seq }) => seq > position.seq);
      if (first) deps.metrics.observe("delivery", { socket: "device" }, Date.now() - first.createdAt);
    } else {
      // The list does not wait for pages.
      shared.save();
      await deps.pageBudget.run(
        async () => {
          const page = await fetchPage(deps, target.conversationId, position);
          // Without this it would be fetched again without end.
          if (!isAhead(endOf(page, target), position))
            throw new CoreError("unavailable", "The page does not lead on.");
          // A socket that has opened meanwhile may want whole messages: the page is fetched anew. One that
          // has begun a sync, or has fallen behind, gets none.
          const now = next();
          const isWhole = !page.parts || allTakeParts(audience);
          if (now && isWhole && isSame(now.position, position))
            sendPage(deps, shared, now, target, page, own);
        },
        maxPageBytes(seq - position.seq),
      );
    }
  }
  shared.save();
}

/**
 * What a socket lacks after a position. A user who has left meanwhile still misses the messages from before.
 */
function fetchPage(
  { audience, conversations, timing, userId }: BringUpDeps,
  id: ConversationId,
  { seq: after, rev }: SyncPosition,
): Promise<DevicePage> {
  const parts = allTakeParts(audience);
  const request = { userId: userId(), after, rev, includeFormer: true, isLive: true, parts };
  return withDeadline(conversations.replay(id, request), timing.deviceFeed.pageTimeoutMs);
}

/**
 * Whether a page goes on from a position, lacks nothing after it and ends behind it; and whether it is as all
 * sockets want it that are open: one may have opened since the page was made.
 */
function leadsOn(
  page: DevicePage,
  from: SyncPosition,
  target: Target,
  audience: Pick<DeviceAudience, "open">,
): boolean {
  const { formats, parts, after, since } = page;
  const hasChanges = since !== undefined && since <= from.rev && page.rev >= from.rev;
  const continues = hasChanges && after <= from.seq && page.lastSeq >= from.seq;
  if (!continues || !isAhead(endOf(page, target), from) || (parts && !allTakeParts(audience))) return false;
  return !formats || audience.open().every(({ protocol }) => formats.includes(protocol.name));
}

/**
 * Up to where a page brings sockets. Messages beyond the target are left to the next update: if the user has
 * left, they may be from after a return.
 */
function endOf(page: DevicePage, { lastSeq, rev }: Target): SyncPosition {
  return { seq: Position.parse(Math.min(page.lastSeq, lastSeq)), rev: Math.min(page.rev, rev) };
}

/** Whether all open sockets take changed messages without the bodies that they have. */
export function allTakeParts(audience: Pick<DeviceAudience, "open">): boolean {
  return audience.open().every(({ takesParts, takesChanges }) => takesParts || !takesChanges);
}

/** Sends sockets what is new to them in a page. */
function sendPage(
  { positions, contexts, metrics }: BringUpDeps,
  shared: SharedPosition,
  { position: from, sockets }: SocketGroup,
  target: Target,
  page: DevicePage,
  own?: OwnMessages,
): void {
  const { conversationId: id } = target;
  const to = furthest(from, endOf(page, target));
  /** by protocol, and by what the client takes */
  const known = new Map<string, string[]>();
  const outgoing = sockets.map((socket) => {
    const { protocol, takesChanges, showsThreads, userId } = socket;
    const key = `${protocol.name} ${takesChanges} ${showsThreads}`;
    const isOwn = own?.socket === socket && protocol.acks !== null;
    const encoded = isOwn ? undefined : known.get(key);
    const excluded = isOwn ? own.seqs : NONE;
    const context = protocol.complete ? contexts.of(target) : undefined;
    const receiver = { protocol, takesChanges, showsThreads, userId, excluded, context };
    const frames = encoded ?? newFrames(page, { from, to }, id, receiver);
    if (!isOwn) known.set(key, frames);
    return { socket, frames };
  });
  if (isSame(from, shared.position)) shared.moveTo(to);
  for (const socket of sockets) positions.note(socket, id, "sent", shared.position, to);
  for (const { socket, frames } of outgoing) for (const frame of frames) socket.send(frame);
  const fresh = page.messages.filter(({ seq }) => seq > from.seq && seq <= to.seq);
  const isSent = (socket: DeviceSocket, seq: Seq) => own?.socket !== socket || !own.seqs.has(seq);
  const sent = fresh.reduce((sum, { seq }) => sum + sockets.filter((one) => isSent(one, seq)).length, 0);
  if (sent > 0) metrics.count("deliveries", { socket: "device" }, sent);
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
  const isHeld = (seq: Seq) => seq <= from.seq || excluded.has(seq);
  // An own message is not shown by the page, so its change is sent however old it is.
  const isUnshown = (seq: Seq) => seq > from.seq && seq <= to.seq && excluded.has(seq);
  const isDue = ({ seq, rev }: { seq: Seq; rev: number }) =>
    rev > 0 && rev <= to.rev && (rev > from.rev || isUnshown(seq));
  const changes = shownChanges(toldChanges(page, isHeld), view).filter(isDue);
  // A page that begins where the socket is has none of its messages.
  const held =
    page.after < from.seq || excluded.size > 0 ? page.messages.filter(({ seq }) => isHeld(seq)) : [];
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
