import { CoreError, noConversation } from "../../domain/errors.ts";
import type { ConversationId, Position, UserId } from "../../domain/ids.ts";
import type { Metrics } from "../../domain/operation/metrics.ts";
import type { Conversations } from "../../domain/ports.ts";
import type { Settings } from "../../domain/settings.ts";
import type { DeliveredPosition, InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { SyncPoint } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { Semaphore } from "../../object/concurrency.ts";
import { CLOSE } from "../../object/hibernating-socket.ts";
import { KeyQueue } from "../../object/key-queue.ts";
import { type UserBudgets, WEIGHTS } from "../../object/user-budgets.ts";
import type { ProfileFrames } from "../account/profile-frames.ts";
import type { ConversationList } from "../list/conversation-list.ts";
import { maxPageBytes } from "./bring-up.ts";
import { DeliveryPositions, type DeviceAudience } from "./delivery-positions.ts";
import type { DeviceCursors } from "./device-cursors.ts";
import { DeviceEvents } from "./device-events.ts";
import type { DeviceSocket } from "./device-socket.ts";
import { DeviceUpdates } from "./device-updates.ts";
import type { MessageContexts } from "./message-contexts.ts";
import { type OwnSends, SendCalls } from "./send-calls.ts";
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
  metrics: Metrics;
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
  readonly #deps: DeviceFeedDeps;
  readonly #queues = new KeyQueue<ConversationId>();
  /** the sockets whose clients read too slowly */
  readonly slowSockets: SlowSockets;
  readonly #positions: DeliveryPositions;
  readonly #events: DeviceEvents;
  readonly #updates: DeviceUpdates;
  readonly #sends: SendCalls;
  readonly #syncPages: SyncPages;
  readonly #pageBudget: Semaphore;

  /** @param maxFetchedBytes the most bytes of the pages that are fetched at once */
  constructor(deps: DeviceFeedDeps, maxFetchedBytes = MAX_FETCHED_BYTES) {
    this.#deps = deps;
    this.#pageBudget = new Semaphore(maxFetchedBytes);
    this.slowSockets = new SlowSockets({
      release: (socket) => void this.#releaseOrClose(socket),
      timing: deps.timing.slowReader,
    });
    this.#positions = new DeliveryPositions(deps.audience, deps.cursors, this.slowSockets);
    this.#events = new DeviceEvents(deps, this.#positions);
    const { slowSockets } = this;
    const shared = { ...deps, slowSockets, positions: this.#positions, events: this.#events };
    this.#updates = new DeviceUpdates({ ...shared, pageBudget: this.#pageBudget });
    this.#sends = new SendCalls({ ...shared, updates: this.#updates });
    this.#syncPages = new SyncPages(deps, this.#positions);
  }

  get profileFrames(): ProfileFrames {
    return this.#events.profileFrames;
  }

  /**
   * Takes an inbox update: sends it to the device sockets in the turn of its conversation, and stores it in
   * the list. If that turn has to wait, the list is stored at once.
   * @returns the delivered position; null: no device is connected
   * @throws if messages before the update cannot be fetched: the conversation retries
   */
  async take(update: InboxUpdate): Promise<DeliveredPosition> {
    const { audience, list } = this.#deps;
    if (!audience.isOpen()) {
      list.applyUpdate(update);
      return null;
    }
    const id = update.conversationId;
    // The list does not wait for the work of the sockets.
    if (this.#queues.isBusy(id) && update.state === "active") this.storeSnapshot(update);
    return this.#queues.run(id, async () => {
      const position = await this.#updates.take(update);
      this.#events.after(update);
      return position;
    });
  }

  /** Runs work of a conversation in its turn. @returns its result */
  inTurn<T>(id: ConversationId, work: () => Promise<T>): Promise<T> {
    return this.#queues.run(id, work);
  }

  /**
   * Stores a snapshot in the list, and keeps the delivered position, or begins it as `deliveredBefore` says.
   * Exception: while the first socket opens, the snapshot's position becomes the delivered one: the socket
   * did not exist when its messages came.
   */
  storeSnapshot(update: InboxUpdate): void {
    const { audience, list } = this.#deps;
    const { conversationId: id, version, lastSeq: seq, rev } = update;
    const precedesSockets = audience.open().length === 0 && version > (list.known(id)?.ver ?? -1);
    const delivered = precedesSockets ? { seq, rev } : this.#updates.deliveredBefore(update);
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
        this.#updates.answer(id);
      });
    try {
      await whenFree(run);
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
      const shared = await this.#updates.sharedPosition(id);
      if (!this.#deps.list.known(id)?.delivered) throw noConversation();
      // The client may have turned to another conversation meanwhile.
      if (socket.isClosing || socket.focus !== id) return;
      const { seq, rev } = this.#positions.cursor(socket, id) ?? shared;
      this.#positions.note(socket, id, "focus", shared);
      socket.sendEvent({ type: "focused", conversationId: id, lastSeq: seq, rev });
    });
  }

  /**
   * Runs a request of a socket in the turn of its conversation.
   * @throws `unavailable` if the turn comes after `callTimeoutMs`
   */
  #inTime(id: ConversationId, work: () => Promise<void>): Promise<void> {
    const deadline = Date.now() + this.#deps.timing.deviceFeed.callTimeoutMs;
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

  async #sync(socket: DeviceSocket, point: SyncPoint): Promise<void> {
    const shared = await this.#updates.sharedPosition(point.conversationId);
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
    // An update may have brought the socket further by then.
    const releaseFrom = async (id: ConversationId) => {
      if (this.#positions.isWaiting(socket, id)) await this.#updates.release(id);
    };
    await Promise.all(pending.map((id) => this.#queues.run(id, () => releaseFrom(id))));
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

  /**
   * Passes the sends of a socket to a conversation. The user's sockets are brought up to date before the
   * sends are settled: the other sockets get the new messages, the sending one gets those before them.
   * @throws if the conversation does not answer in time
   */
  send(sends: OwnSends): Promise<void> {
    const deadline = Date.now() + this.#deps.timing.deviceFeed.sendTimeoutMs;
    return this.#queues.run(sends.conversationId, () => this.#sends.pass(sends, () => remainingMs(deadline)));
  }

  /**
   * Moves the user's read position for a socket. The user's other sockets are informed before this resolves.
   * @throws the refusal of the conversation, or `unavailable` if it does not answer in time
   */
  async read(socket: DeviceSocket, conversationId: ConversationId, seq: Position): Promise<void> {
    const { conversations, userId } = this.#deps;
    const { callTimeoutMs } = this.#deps.timing.deviceFeed;
    // The read waits for the sends before it: a client may read its own message at once.
    await this.#inTime(conversationId, async () => undefined);
    if (socket.isClosing) return;
    await this.#events.whileReading({ socket, conversationId, seq }, () =>
      withDeadline(conversations.read(conversationId, { userId: userId(), seq }), callTimeoutMs),
    );
  }
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
