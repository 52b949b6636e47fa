import { CoreError, noConversation, type Result } from "../../domain/errors.ts";
import type { ConversationId, Position, UserId } from "../../domain/ids.ts";
import type {
  Conversations,
  DeviceReceipt,
  DeviceSendRequest,
  DeviceSendResult,
} from "../../domain/ports.ts";
import type { Settings } from "../../domain/settings.ts";
import type { DeliveredPosition, InboxUpdate } from "../../domain/sync/inbox-update.ts";
import { unpack } from "../../domain/sync/packed-page.ts";
import { furthest, isAhead, type SyncPosition } from "../../domain/sync/replay.ts";
import type { DeviceEvent, SyncPoint } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { Semaphore } from "../../object/concurrency.ts";
import { frames } from "../../object/frames.ts";
import { CLOSE } from "../../object/hibernating-socket.ts";
import { KeyQueue } from "../../object/key-queue.ts";
import { type UserBudgets, WEIGHTS } from "../../object/user-budgets.ts";
import { ProfileFrames } from "../account/profile-frames.ts";
import type { ConversationList } from "../list/conversation-list.ts";
import { DeliveryPositions, type DeviceAudience, isWithheld } from "./delivery-positions.ts";
import type { DeviceCursors } from "./device-cursors.ts";
import type { DeviceSocket } from "./device-socket.ts";
import { tellHeld } from "./held-sockets.ts";
import type { MessageContexts } from "./message-contexts.ts";
import { messageParts } from "./message-parts.ts";
import { PendingReads } from "./pending-reads.ts";
import { allTakeParts, catchUp, isUsable, maxPageBytes, type OwnMessages } from "./push.ts";
import { SlowSockets } from "./slow-sockets.ts";
import { SyncPages } from "./sync-pages.ts";

/**
 * The most bytes of the pages that are fetched at once, counted from the call until they are sent. A page is
 * in memory a few times, as it arrives and as frames: an isolate has 128 MB.
 */
const MAX_FETCHED_BYTES = 32 * 1024 * 1024;

/** What the feed needs from the inbox. */
export interface DeviceFeedDeps {
  audience: DeviceAudience;
  list: ConversationList;
  cursors: DeviceCursors;
  conversations: Conversations;
  contexts: MessageContexts;
  timing: Pick<Timing, "deviceFeed" | "slowReader">;
  settings: Pick<Settings, "maxChanges">;
  budgets: UserBudgets;
  userId(): UserId;
}

/**
 * Delivers conversations to the device sockets of a user: each message once, in order, without a gap.
 * - The work of one conversation (an inbox update, a sync, a send) is serialized by a key queue, so that
 *   pages and live messages join without a gap.
 * - A position is noted before its frames are sent, in the same turn: in storage, or in memory that is stored
 *   before the object sleeps. If that fails, nothing was sent, and the repeated update sends nothing twice.
 */
export class DeviceFeed {
  readonly profileFrames: ProfileFrames;
  readonly #deps: DeviceFeedDeps;
  readonly #queues = new KeyQueue<ConversationId>();
  /** the last ephemeral event sent, by conversation: a repeated update sends none twice */
  readonly #lastEphemeral = new Map<ConversationId, { id: number; epoch: number | undefined }>();
  readonly #pendingReads = new PendingReads();
  /** the sockets whose clients read too slowly */
  readonly slowSockets: SlowSockets;
  readonly #positions: DeliveryPositions;
  readonly #syncPages: SyncPages;
  readonly #pageBudget: Semaphore;

  /** @param maxFetchedBytes the most bytes of the pages that are fetched at once */
  constructor(deps: DeviceFeedDeps, maxFetchedBytes = MAX_FETCHED_BYTES) {
    this.#deps = deps;
    this.profileFrames = new ProfileFrames(() => deps.audience.open());
    this.#pageBudget = new Semaphore(maxFetchedBytes);
    this.slowSockets = new SlowSockets({
      release: (socket) => void this.#releaseOrClose(socket),
      timing: deps.timing.slowReader,
    });
    this.#positions = new DeliveryPositions(deps.audience, deps.cursors, this.slowSockets);
    this.#syncPages = new SyncPages(deps, this.#positions);
  }

  get #pushDeps() {
    return { ...this.#deps, pageBudget: this.#pageBudget };
  }

  /** The wire formats of the open sockets, and whether all take parts; unknown while the first one opens. */
  get #formats(): Pick<NonNullable<DeliveredPosition>, "formats" | "parts"> {
    const { audience } = this.#deps;
    const names = new Set(audience.open().map(({ protocol }) => protocol.name));
    return names.size > 0 ? { formats: [...names].sort(), parts: allTakeParts(audience) } : {};
  }

  get #timing(): Timing["deviceFeed"] {
    return this.#deps.timing.deviceFeed;
  }

  /**
   * Takes an inbox update: pushes it to the device sockets in the turn of its conversation, and stores it in
   * the list. If that turn has to wait, the list is stored at once.
   * @returns the delivered position; null: no device is connected
   * @throws if messages before the update cannot be fetched: the conversation retries
   */
  async applyUpdate(update: InboxUpdate): Promise<DeliveredPosition> {
    const { audience, list } = this.#deps;
    if (!audience.isOpen()) {
      list.applyUpdate(update);
      return null;
    }
    const id = update.conversationId;
    // The list does not wait for the work of the sockets.
    if (this.#queues.isBusy(id) && update.state === "active") this.storeSnapshot(update);
    return this.#queues.run(id, () => this.#push(update));
  }

  /** Runs work of a conversation in its turn. @returns its result */
  inTurn<T>(id: ConversationId, work: () => Promise<T>): Promise<T> {
    return this.#queues.run(id, work);
  }

  /**
   * Stores a snapshot in the list, and leaves the delivered position as it is. Exception: while the first
   * socket opens, the snapshot's position becomes the delivered one: the socket did not exist when its
   * messages came.
   */
  storeSnapshot(update: InboxUpdate): void {
    const { audience, list } = this.#deps;
    const { conversationId: id, version, lastSeq: seq, rev } = update;
    const precedesSockets = audience.open().length === 0 && version > (list.known(id)?.ver ?? -1);
    const delivered = precedesSockets ? { seq, rev } : this.#deliveredBefore(update);
    list.applyUpdate(update, audience.isOpen() ? delivered : null);
  }

  /**
   * Sends a socket one page of what it misses. The last page makes it live. From this turn on, live messages
   * of the conversation are withheld from the socket.
   * @param whenFree runs the sync once a slot is free for it, or not at all
   * @throws `not_found` if the user is not in the conversation, `unavailable` if the page is not there in
   *   time
   */
  async sync(
    socket: DeviceSocket,
    point: SyncPoint,
    whenFree: (work: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const id = point.conversationId;
    const end = this.#positions.beginSync(socket, id);
    const run = () =>
      this.#inTime(id, async () => {
        await this.#sync(socket, point);
        end();
        this.#answer(id);
      });
    try {
      await whenFree(run);
    } catch (error) {
      this.#positions.goLive(socket, id);
      throw error;
    } finally {
      end();
    }
  }

  /**
   * The client shows a conversation over its room socket: the socket gets nothing more of it until it syncs.
   * It is told its position, behind which the room socket goes on.
   * @throws `not_found` if the user is not in the conversation, `unavailable` if its turn comes too late
   */
  focus(socket: DeviceSocket, id: ConversationId): Promise<void> {
    return this.#inTime(id, async () => {
      const shared = await this.#sharedPosition(id);
      if (!this.#deps.list.known(id)?.delivered) throw noConversation();
      // The client may have turned to another conversation meanwhile.
      if (socket.isClosing || socket.focus !== id) return;
      const { seq, rev } = this.#positions.cursor(socket, id) ?? shared;
      this.#positions.setFocused(socket, id, { seq, rev });
      socket.sendEvent({ type: "focused", conversationId: id, lastSeq: seq, rev });
    });
  }

  /**
   * Runs a request of a socket in the turn of its conversation.
   * @throws `unavailable` if the turn comes after `callTimeoutMs`
   */
  #inTime(id: ConversationId, work: () => Promise<void>): Promise<void> {
    const deadline = Date.now() + this.#timing.callTimeoutMs;
    return this.#queues.run(id, () => {
      remainingMs(deadline);
      return work();
    });
  }

  /** @see DeliveryPositions.focused */
  focused(): ConversationId[] {
    return this.#positions.focused();
  }

  /**
   * Charges a request about a conversation that the user's list lacks as a page, before it is carried out:
   * its object is woken, most often for nothing.
   */
  chargeUnlisted(id: ConversationId): void {
    const { budgets, list, userId } = this.#deps;
    if (!list.known(id)) budgets.charge(userId(), WEIGHTS.page - WEIGHTS.light);
  }

  /** The socket asked to sync and was refused: it becomes live, and the next update brings what it misses. */
  skipSync(socket: DeviceSocket, id: ConversationId): void {
    this.#positions.goLive(socket, id);
  }

  async #sync(socket: DeviceSocket, point: SyncPoint): Promise<void> {
    const shared = await this.#sharedPosition(point.conversationId);
    // Messages that the list does not know yet are few: an update of the conversation is on its way.
    const bytes = maxPageBytes(shared.seq - point.after);
    await this.#pageBudget.run(() => this.#syncPages.send(socket, point, shared), bytes);
  }

  /**
   * Ends the pending state of a socket: it gets what has come since it opened.
   * @param synced conversations that the socket syncs instead
   * @throws if messages cannot be fetched
   */
  async release(socket: DeviceSocket, synced: ReadonlySet<ConversationId>): Promise<void> {
    const pending = this.#positions.pending(socket).filter((id) => !synced.has(id));
    await Promise.all(pending.map((id) => this.#queues.run(id, () => this.#release(socket, id))));
  }

  async #release(socket: DeviceSocket, id: ConversationId): Promise<void> {
    const cursor = this.#positions.cursor(socket, id);
    if (cursor?.state !== "pending") return;
    const shared = await this.#sharedPosition(id);
    const target = { conversationId: id, lastSeq: shared.seq, rev: shared.rev };
    await catchUp(this.#pushDeps, this.#positions.untilSync(socket, id, cursor, shared), target);
    this.#answer(id);
  }

  /** A socket that was behind gets what waits. It is closed if it would miss some: its client syncs. */
  async #releaseOrClose(socket: DeviceSocket): Promise<void> {
    try {
      await this.release(socket, new Set());
    } catch (error) {
      log("warn", "device_release_failed", errorFields(error));
      socket.close(CLOSE.fault);
    }
  }

  /** Gives withheld answers to the sockets for which no message of a conversation waits. */
  #answer(id: ConversationId): void {
    this.slowSockets.answer(id, (socket) => !this.#positions.isWaiting(socket, id));
  }

  /**
   * Passes the sends of a socket to a conversation. The user's sockets are brought up to date before `settle`
   * is called: the other sockets get the new messages, the sending one gets those before them.
   * @param take resolves to the drafts once their turn has come: sends that arrived meanwhile are among
   *   them; `takesAnswer` as in `DeviceSendRequest`
   * @param settle gets the outcome of each draft, in order, once the socket may be sent them
   * @throws if the conversation does not answer in time
   */
  send(
    socket: DeviceSocket,
    id: ConversationId,
    take: () => Promise<Required<Pick<DeviceSendRequest, "drafts" | "takesAnswer">>>,
    settle: (outcomes: Result<DeviceReceipt>[]) => void,
  ): Promise<void> {
    const deadline = Date.now() + this.#timing.sendTimeoutMs;
    return this.#queues.run(id, async () => {
      const { conversations, list, userId } = this.#deps;
      const taking = await take();
      // A conversation that the list lacks may be unopened for the user: a send opens it, and a subscription
      // would be refused. Its devices begin where the first update says.
      const shared = list.known(id) ? await this.#sharedPosition(id) : null;
      const delivered = shared && { ...shared, ...this.#formats };
      // The session may have ended meanwhile.
      if (socket.isClosing) return;
      const timeoutMs = remainingMs(deadline);
      const hasAcks = socket.protocol.acks !== null;
      const echoes = hasAcks ? socket.echoes && { echoAll: true } : { echoDuplicates: true };
      const sends = { ...taking, userId: userId(), delivered, ...echoes };
      let isOver = false;
      let taken: Promise<DeliveredPosition> | undefined;
      const takeResult = async (result: DeviceSendResult) => {
        // After the deadline the turn belongs to other work. A call that is repeated has an answer already:
        // the conversation delivers the update in another way.
        if (isOver || taken) throw new CoreError("unavailable", "The answer came too late.");
        taken = this.#takeSendResult(socket, id, result, settle);
        return taken;
      };
      const sending = conversations.sendFromDevice(id, sends, takeResult);
      const answered = await withDeadline(sending, timeoutMs).catch((error: unknown) => {
        isOver = true;
        // Once the outcomes are here, they count.
        if (!taken) throw error;
        return null;
      });
      if (answered) taken ??= this.#takeSendResult(socket, id, answered, settle);
      await taken;
    });
  }

  /**
   * Brings the user's sockets up to date after sends of one of them, then settles the sends. Ephemeral events
   * follow the acks: one of them may be the end of the membership, the last that a device gets of a
   * conversation.
   */
  async #takeSendResult(
    socket: DeviceSocket,
    id: ConversationId,
    { outcomes, update }: DeviceSendResult,
    settle: (outcomes: Result<DeviceReceipt>[]) => void,
  ): Promise<DeliveredPosition> {
    const seqs = new Set(outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.seq] : [])));
    const position = update ? await this.#pushMessages(update, { socket, seqs }) : null;
    if (socket.protocol.acks === null) this.#echo(socket, id, outcomes);
    if (this.#positions.isWaiting(socket, id)) this.slowSockets.withhold(socket, id, () => settle(outcomes));
    else settle(outcomes);
    if (update) this.#pushEphemeral(id, update);
    return position;
  }

  /** Sends a socket the stored messages of its repeated sends, for wire formats without acks. */
  #echo(socket: DeviceSocket, conversationId: ConversationId, outcomes: Result<DeviceReceipt>[]): void {
    const messages = outcomes.flatMap((outcome) => (outcome.ok ? (outcome.value.echo ?? []) : []));
    const context = this.#deps.contexts.of({ conversationId });
    const { protocol } = socket;
    const parts = messageParts(messages, { protocol, showsThreads: true }, context);
    for (const frame of frames(parts, protocol.messages, protocol.maxMessagesPerFrame)) socket.send(frame);
  }

  /**
   * Moves the user's read position for a socket. The user's other sockets are informed before this resolves.
   * @throws the refusal of the conversation, or `unavailable` if it does not answer in time
   */
  async read(socket: DeviceSocket, conversationId: ConversationId, seq: Position): Promise<void> {
    const { conversations, userId } = this.#deps;
    const { callTimeoutMs } = this.#timing;
    // The read waits for the sends before it: a client may read its own message at once.
    await this.#inTime(conversationId, async () => undefined);
    if (socket.isClosing) return;
    await this.#pendingReads.during({ socket, conversationId, seq }, () =>
      withDeadline(conversations.read(conversationId, { userId: userId(), seq }), callTimeoutMs),
    );
  }

  /** Stores an update, brings the device sockets up to it and sends them its ephemeral events. */
  async #push(update: InboxUpdate): Promise<DeliveredPosition> {
    const position = await this.#pushMessages(update);
    this.#pushEphemeral(update.conversationId, update);
    return position;
  }

  /**
   * Stores an update and brings the device sockets up to its messages and changes.
   * @param own what one of the sockets has just sent
   */
  async #pushMessages(
    { packedPage, ...received }: InboxUpdate,
    own?: OwnMessages,
  ): Promise<DeliveredPosition> {
    const update = packedPage ? { ...received, page: unpack(packedPage) } : received;
    const { list, contexts } = this.#deps;
    if (contexts.needsRefresh(update.conversationId)) await contexts.refresh(update.conversationId);
    const { conversationId: id, page } = update;
    for (const { id: number, event } of update.ephemeral)
      if (precedesMessages(event, update) && !this.#wasTold(number, update)) this.#tell(id, event);
    // The list may have this update already: it was stored while the update waited for its turn.
    const isNewest = update.version >= (list.known(id)?.ver ?? 0);
    // A late update of an earlier departure does not concern a user who is a member again.
    const hasLeft = isNewest && update.state !== "active";
    const before = this.#deliveredBefore(update);
    // The row of a conversation that the user has left is updated last, once the devices have the last
    // messages: without membership `known` has no delivered position.
    const save = (position: SyncPosition) =>
      hasLeft ? list.setDelivered(id, position) : list.applyUpdate(update, position);
    const shared = this.#positions.shared(id, before, save);
    const end = { seq: update.lastSeq, rev: update.rev };
    if (update.onDemand && !hasLeft) this.#positions.hold(id, before, end);
    if (isAhead(end, before) && shared.sockets(end).length === 0) {
      // No socket waits for the messages, so that no page is needed.
      shared.position = furthest(before, end);
      save(shared.position);
    } else {
      // Pages have to be fetched first: the list does not wait for them.
      if (!page || !isUsable(page, before, this.#deps.audience)) save(before);
      await catchUp(this.#pushDeps, shared, update, own);
    }
    for (const group of this.#positions.individual(id, shared.position, { includePending: hasLeft }))
      await catchUp(this.#pushDeps, group, update, own);
    this.#answer(id);
    if (hasLeft) {
      list.applyUpdate(update, shared.position);
      this.#positions.leave(id, update.lastSeq);
    }
    if (isNewest) tellHeld(this.#positions, update);
    // A socket that is being opened shows nothing over a room socket yet.
    const isFocused = !this.#deps.audience.isOpening() && this.#positions.isFocused(id);
    return { ...shared.position, ...this.#formats, ...(isFocused && { isFocused }) };
  }

  /**
   * The delivered position before an update. Without a stored one:
   * - A new conversation begins at `newFrom`, so that earlier messages are not pushed. If the user was in
   *   it before, changes since then are pushed.
   * - A conversation that the user has left begins at its end: nothing is pushed.
   */
  #deliveredBefore({ conversationId, version, state, newFrom, lastSeq, rev }: InboxUpdate): SyncPosition {
    const known = this.#deps.list.known(conversationId);
    if (known?.delivered) return known.delivered;
    const isNew = state === "active" && version > (known?.ver ?? -1);
    return isNew ? { seq: newFrom, rev: known?.rev ?? rev } : { seq: lastSeq, rev };
  }

  /**
   * @returns the shared delivered position of a conversation; it subscribes to a conversation that has none
   */
  async #sharedPosition(id: ConversationId): Promise<SyncPosition> {
    const { list, conversations, userId } = this.#deps;
    const known = list.known(id);
    if (known?.delivered) return known.delivered;
    const subscription = conversations.snapshot(id, { userId: userId(), subscribes: { hasDevices: true } });
    const { update } = await withDeadline(subscription, this.#timing.pageTimeoutMs);
    const position = this.#deliveredBefore(update);
    list.applyUpdate(update, position);
    return position;
  }

  /**
   * Sends ephemeral events to the open sockets, except those from which the conversation is withheld, and the
   * one whose read it is. A new profile is no event of one conversation: nothing withholds it.
   */
  #pushEphemeral(id: ConversationId, update: InboxUpdate): void {
    const { ephemeral, ephemeralEpoch: epoch } = update;
    for (const { id: number, event: published } of ephemeral) {
      if (this.#wasTold(number, update)) continue;
      this.#lastEphemeral.set(id, { id: number, epoch });
      if (published.type === "profile") {
        this.#deps.contexts.expire(id, published.user.id);
        this.profileFrames.send(published);
        continue;
      }
      if (!precedesMessages(published, update)) this.#tell(id, this.#withUnread(published, update));
    }
  }

  /** Whether the sockets were sent an ephemeral event: a conversation repeats updates that had no answer. */
  #wasTold(number: number, { conversationId, ephemeralEpoch }: InboxUpdate): boolean {
    const last = this.#lastEphemeral.get(conversationId);
    return last !== undefined && last.epoch === ephemeralEpoch && number <= last.id;
  }

  #tell(id: ConversationId, event: DeviceEvent): void {
    for (const socket of this.#deps.audience.open()) {
      const cursor = this.#positions.cursor(socket, id);
      if ((cursor && isWithheld(cursor)) || this.#pendingReads.isPending(socket, event)) continue;
      socket.sendEvent(event);
    }
  }

  /**
   * The user's own read position, with their unread count. It is the count of the update, up to whose
   * messages the sockets were brought: the event itself may be older.
   */
  #withUnread(event: DeviceEvent, { conversationId, version, ...update }: InboxUpdate): DeviceEvent {
    const { list, userId } = this.#deps;
    if (event.type !== "read" || event.userId !== userId()) return event;
    const isNewest = version >= (list.known(conversationId)?.ver ?? 0);
    const entry = isNewest ? undefined : list.entries([conversationId])[0];
    const count = entry?.unreadCount ?? Math.max(0, update.lastCount - update.readCount);
    const from = entry ? entry.unreadFrom : update.unreadFrom;
    return { ...event, unread: { count, lastSeq: entry?.lastSeq ?? update.lastSeq, from } };
  }
}

/**
 * Whether an event is from before messages of its update. A deletion is told before the messages that bring
 * the conversation back.
 */
function precedesMessages(event: DeviceEvent, { lastSeq }: Pick<InboxUpdate, "lastSeq">): boolean {
  return event.type === "deleted" && event.seq < lastSeq;
}

/**
 * @returns the time until a deadline, in ms
 * @throws `unavailable` if it has passed: the work before took too long
 */
function remainingMs(deadline: number): number {
  const ms = deadline - Date.now();
  if (ms > 0) return ms;
  throw new CoreError("unavailable", "What came before this took too long. Try again.", { retryAfter: 1 });
}
