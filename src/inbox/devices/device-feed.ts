import { CoreError, type Result } from "../../domain/errors.ts";
import { type ConversationId, Position, type UserId } from "../../domain/ids.ts";
import type { AnyDraft, Receipt } from "../../domain/messages/message.ts";
import type { Conversations, ReplayRequest } from "../../domain/ports.ts";
import type { DeliveredPosition, EphemeralEvent, InboxUpdate } from "../../domain/sync/inbox-update.ts";
import { emptyPage, type ReplayPage, type SyncPosition } from "../../domain/sync/replay.ts";
import type { SyncPoint } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/deadline.ts";
import { messageFrames, pageFrames } from "../../object/frames.ts";
import { KeyQueue } from "../../object/key-queue.ts";
import type { ConversationList } from "../list/conversation-list.ts";
import { DeliveryPositions, type DeviceAudience } from "./delivery-positions.ts";
import type { DeviceCursors } from "./device-cursors.ts";
import type { DeviceSocket } from "./device-socket.ts";
import type { MessageContexts } from "./message-contexts.ts";
import { PendingReads } from "./pending-reads.ts";
import { catchUp, continuesFrom, type OwnMessages } from "./push.ts";

export interface DeviceFeedDeps {
  audience: DeviceAudience;
  list: ConversationList;
  cursors: DeviceCursors;
  conversations: Conversations;
  contexts: MessageContexts;
  timing: Pick<Timing, "deviceFeed">;
  userId(): UserId;
}

/**
 * Tells the sockets of a user's devices what conversations have to say, each message once, in order, without a
 * gap. What concerns one conversation – a bump, a replay, a send – happens one after the other, so that a page and
 * what comes live meet. Where they stand is written before they are told, in the same turn: what fails is told
 * later, and nothing twice.
 */
export class DeviceFeed {
  readonly #deps: DeviceFeedDeps;
  readonly #queues = new KeyQueue<ConversationId>();
  /** the last passing event of each conversation that was told: a doubled bump tells nothing twice */
  readonly #lastEphemeral = new Map<ConversationId, number>();
  readonly #pendingReads = new PendingReads();
  readonly #positions: DeliveryPositions;

  constructor(deps: DeviceFeedDeps) {
    this.#deps = deps;
    this.#positions = new DeliveryPositions(deps.audience, deps.cursors);
  }

  get #timing(): Timing["deviceFeed"] {
    return this.#deps.timing.deviceFeed;
  }

  /**
   * Takes a bump: into the list at once, to the sockets in its turn.
   * @returns up to where they know then
   * @throws where what is missing before it cannot be had: the conversation tries again
   */
  async applyUpdate(update: InboxUpdate): Promise<DeliveredPosition> {
    const { audience, list } = this.#deps;
    if (!audience.isOpen()) {
      list.applyUpdate(update);
      return null;
    }
    const id = update.conversationId;
    // Nobody's list waits for what the sockets wait for.
    if (this.#queues.isBusy(id) && update.state === "active") this.applySubscription(update);
    return this.#queues.run(id, () => this.#take(update));
  }

  /** Does something that concerns a conversation in its turn. */
  inTurn<T>(id: ConversationId, work: () => Promise<T>): Promise<T> {
    return this.#queues.run(id, work);
  }

  /**
   * Takes a snapshot into the list; up to where the sockets were told does not change by it. Only the first of
   * them, while it is being opened, was told nothing: what the snapshot has is before its time.
   */
  applySubscription(update: InboxUpdate): void {
    const { audience, list } = this.#deps;
    const { conversationId: id, version: ver, lastSeq: seq, rev } = update;
    const isBefore = audience.open().length === 0 && ver > (list.known(id)?.ver ?? -1);
    const told = isBefore ? { seq, rev } : this.#before(update);
    list.applyUpdate(update, audience.isOpen() ? told : null);
  }

  /** Replays what a socket misses, one page; the last one makes it live. @throws `not_found` */
  sync(socket: DeviceSocket, point: SyncPoint): Promise<void> {
    const id = point.conversationId;
    const until = Date.now() + this.#timing.callTimeoutMs;
    const inTurn = () =>
      this.#queues.run(id, () => {
        left(until);
        return this.#sync(socket, point);
      });
    return this.#positions.during(socket, id, inTurn);
  }

  /** A socket begins nowhere else: it is told what comes, and what has come meanwhile. */
  skipSync(socket: DeviceSocket, id: ConversationId): void {
    this.#positions.stay(socket, id);
  }

  async #sync(socket: DeviceSocket, { conversationId: id, after, rev }: SyncPoint): Promise<void> {
    const before = this.#positions.of(socket, id);
    const place = await this.#known(id);
    // Who names none wants no old changes; those that are on their way to it it would not get any more.
    const asked = { userId: this.#deps.userId(), after, rev: rev ?? (before ?? place).rev };
    const page = await this.#pageFor(socket, id, asked).catch((error: unknown) => {
      const at = before ?? place;
      if (isNotFound(error))
        this.#requireMember(socket, id, {
          seq: Position.parse(Math.max(at.seq, after)),
          rev: Math.max(at.rev, asked.rev),
        });
      throw error;
    });
    // Nothing is kept for one that has closed meanwhile.
    if (socket.isClosing) return;
    const to = { seq: page.lastSeq, rev: page.rev };
    if (page.hasMore) this.#positions.behind(socket, id, to);
    else this.#positions.merge(socket, id, to, place);
    for (const frame of pageFrames(page, id, socket.protocol)) socket.send(frame);
    // What changed besides messages between its pages has not reached it.
    if (before?.state === "behind" && !page.hasMore) void this.#announce(id);
  }

  /**
   * There is no page for a socket whose user is not in a conversation. What was his, where that is still to be told, and
   * what comes should he be back lead on from what it has.
   */
  #requireMember(socket: DeviceSocket, id: ConversationId, place: SyncPosition): void {
    const others = this.#deps.list.known(id)?.delivered;
    if (others) this.#positions.merge(socket, id, place, others);
    else this.#positions.forget(socket, id);
  }

  /** A page for a socket; an empty one, behind which there is more, for one that has to read first what it was sent. */
  async #pageFor(
    socket: DeviceSocket,
    id: ConversationId,
    asked: ReplayRequest & { rev: number },
  ): Promise<ReplayPage> {
    if (socket.hasRoomForPage) {
      const replay = this.#deps.conversations.replay(id, asked);
      const page = await withDeadline(replay, this.#timing.pageTimeoutMs);
      // The pages of other conversations may have come meanwhile.
      if (socket.hasRoomForPage) return page;
    }
    return emptyPage(asked);
  }

  /** A socket is no longer held: it gets what has come since it opened, but for where it begins elsewhere. */
  async release(socket: DeviceSocket, elsewhere: ReadonlySet<ConversationId>): Promise<void> {
    const held = this.#positions.pending(socket).filter((id) => !elsewhere.has(id));
    await Promise.all(held.map((id) => this.#queues.run(id, () => this.#release(socket, id))));
  }

  async #release(socket: DeviceSocket, id: ConversationId): Promise<void> {
    const cursor = this.#positions.of(socket, id);
    if (cursor?.state !== "held") return;
    const others = await this.#known(id);
    const upto = { conversationId: id, lastSeq: others.seq, rev: others.rev };
    await catchUp(this.#deps, this.#positions.single(socket, id, cursor, others), upto);
  }

  /**
   * Sends what a socket has sent; its other sockets are told, and it itself of what came before.
   * @param take gives the drafts, once it is their turn: what came meanwhile goes with them
   * @param settle told what became of each, in order, once the socket may hear it
   */
  send(
    socket: DeviceSocket,
    id: ConversationId,
    take: () => AnyDraft[],
    settle: (outcomes: Result<Receipt>[]) => void,
  ): Promise<void> {
    const until = Date.now() + this.#timing.sendTimeoutMs;
    return this.#queues.run(id, async () => {
      const { conversations, userId } = this.#deps;
      const from = await this.#known(id);
      // A session that was ended meanwhile says nothing any more.
      if (socket.isClosing) return;
      const ms = left(until);
      const echoDuplicates = socket.protocol.acks === null;
      const sends = { userId: userId(), drafts: take(), delivered: from, echoDuplicates };
      const { outcomes, update } = await withDeadline(conversations.sendFromDevice(id, sends), ms);
      const seqs = new Set(outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.seq] : [])));
      if (update) await this.#take(update, { socket, seqs });
      if (echoDuplicates) this.#show(socket, id, outcomes);
      settle(outcomes);
    });
  }

  /** Shows a socket once more what it has sent once more. */
  #show(socket: DeviceSocket, conversationId: ConversationId, outcomes: Result<Receipt>[]): void {
    const again = outcomes.flatMap((outcome) => (outcome.ok ? (outcome.value.message ?? []) : []));
    const scene = this.#deps.contexts.of({ conversationId });
    for (const frame of messageFrames(again, socket.protocol, scene)) socket.send(frame);
  }

  /**
   * Moves the user's read position for a socket: its other sockets are told, before this resolves.
   * @throws as the conversation refuses
   */
  async read(socket: DeviceSocket, conversationId: ConversationId, seq: Position): Promise<void> {
    const { conversations, userId } = this.#deps;
    const { callTimeoutMs } = this.#timing;
    const until = Date.now() + callTimeoutMs;
    // Behind what it has sent there: one may read one's own message at once.
    await this.#queues.run(conversationId, () => left(until));
    if (socket.isClosing) return;
    await this.#pendingReads.during({ socket, conversationId, seq }, () =>
      withDeadline(conversations.read(conversationId, { userId: userId(), seq }), callTimeoutMs),
    );
  }

  async #take(update: InboxUpdate, own?: OwnMessages): Promise<DeliveredPosition> {
    const { list, contexts } = this.#deps;
    if (contexts.isWanted(update.conversationId)) await contexts.prepare(update.conversationId);
    const { conversationId: id, page } = update;
    const before = this.#before(update);
    // Late, it does not concern who is in it again.
    const isOut = update.state !== "active" && update.version >= (list.known(id)?.ver ?? 0);
    // Of one that he has left no place is kept: not before his devices have all that was his.
    const note = (place: SyncPosition) =>
      isOut ? list.setDelivered(id, place) : list.applyUpdate(update, place);
    const others = this.#positions.shared(id, before, note);
    if (!page || !continuesFrom(page, before)) note(before);
    await catchUp(this.#deps, others, update, own);
    for (const group of this.#positions.individual(id, others.position, { evenHeld: isOut }))
      await catchUp(this.#deps, group, update, own);
    if (isOut) {
      list.applyUpdate(update, others.position);
      this.#positions.leave(id, update.lastSeq);
    }
    this.#pushEphemeral(id, update.ephemeral);
    return others.position;
  }

  /**
   * Up to where the sockets know before a bump. Of a conversation that is new they have nothing, but are not to
   * be told what was before the user came, but for what became of it since he left; of one that he has left nothing more is told.
   */
  #before({ conversationId, version: ver, state, newFrom, lastSeq, rev }: InboxUpdate): SyncPosition {
    const known = this.#deps.list.known(conversationId);
    if (known?.delivered) return known.delivered;
    const isNew = state === "active" && ver > (known?.ver ?? -1);
    return isNew ? { seq: newFrom, rev: known?.rev ?? rev } : { seq: lastSeq, rev };
  }

  /** Up to where the sockets know of a conversation, which is asked where nothing of it is known. */
  async #known(id: ConversationId): Promise<SyncPosition> {
    const { list, conversations, userId } = this.#deps;
    const known = list.known(id);
    if (known?.delivered) return known.delivered;
    const hello = conversations.subscribe(id, { userId: userId() });
    const update = await withDeadline(hello, this.#timing.pageTimeoutMs);
    const place = this.#before(update);
    list.applyUpdate(update, place);
    return place;
  }

  /** Has the sockets told what a conversation is like now; whoever wants to be certain asks for it. */
  async #announce(id: ConversationId): Promise<void> {
    try {
      await this.#deps.conversations.pushConversation(id, { userId: this.#deps.userId() });
    } catch (error) {
      log("warn", "conversation_not_announced", { conversation: id, ...errorFields(error) });
    }
  }

  #pushEphemeral(id: ConversationId, passing: EphemeralEvent[]): void {
    for (const { id: number, event } of passing) {
      if (number <= (this.#lastEphemeral.get(id) ?? 0)) continue;
      this.#lastEphemeral.set(id, number);
      for (const socket of this.#deps.audience.open()) {
        const isBehind = this.#positions.of(socket, id)?.state === "behind";
        if (isBehind || this.#pendingReads.isPending(socket, event)) continue;
        socket.sendEvent(event);
      }
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof CoreError && error.code === "not_found";
}

/** What is left of the time for something, in ms. @throws `unavailable` where nothing is: it was waited for too long */
function left(until: number): number {
  const ms = until - Date.now();
  if (ms > 0) return ms;
  throw new CoreError("unavailable", "What came before this took too long. Try again.", { retryAfter: 1 });
}
