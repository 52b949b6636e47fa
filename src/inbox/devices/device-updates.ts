import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Metrics } from "../../domain/operation/metrics.ts";
import type { Conversations } from "../../domain/ports.ts";
import type { DeliveredPosition, InboxUpdate } from "../../domain/sync/inbox-update.ts";
import { unpack } from "../../domain/sync/packed-page.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { Semaphore } from "../../object/concurrency.ts";
import type { ConversationList } from "../list/conversation-list.ts";
import { allTakeParts, bringUp, type OwnMessages, SharedPosition } from "./bring-up.ts";
import type { DeliveryPositions, DeviceAudience } from "./delivery-positions.ts";
import type { DeviceEvents } from "./device-events.ts";
import type { MessageContexts } from "./message-contexts.ts";
import type { SlowSockets } from "./slow-sockets.ts";

/** What the updates need from the inbox. */
export interface DeviceUpdatesDeps {
  audience: DeviceAudience;
  list: ConversationList;
  conversations: Pick<Conversations, "replay" | "snapshot">;
  contexts: MessageContexts;
  positions: DeliveryPositions;
  events: DeviceEvents;
  slowSockets: SlowSockets;
  /** bounds the bytes of the pages that are fetched, until they are sent */
  pageBudget: Semaphore;
  metrics: Metrics;
  timing: Pick<Timing, "deviceFeed">;
  userId(): UserId;
}

/**
 * Brings the list and the device sockets up to inbox updates. The caller serializes a conversation's work.
 */
export class DeviceUpdates {
  readonly #deps: DeviceUpdatesDeps;

  constructor(deps: DeviceUpdatesDeps) {
    this.#deps = deps;
  }

  /** The wire formats of the open sockets, and whether all take parts; unknown while the first one opens. */
  get formats(): Pick<NonNullable<DeliveredPosition>, "formats" | "parts"> {
    const { audience } = this.#deps;
    const names = new Set(audience.open().map(({ protocol }) => protocol.name));
    return names.size > 0 ? { formats: [...names].sort(), parts: allTakeParts(audience) } : {};
  }

  /**
   * Stores an update in the list and brings the device sockets up to its messages and changes. Its ephemeral
   * events follow by `DeviceEvents.after`.
   * @param own what one of the sockets has just sent
   * @throws if messages before the update cannot be fetched
   */
  async take(update: InboxUpdate, own?: OwnMessages): Promise<DeliveredPosition> {
    const { audience, contexts, events, list, positions } = this.#deps;
    const { conversationId: id, kind, lastSeq, rev, lastCount, readCount, onDemand, packedPage } = update;
    if (contexts.needsRefresh(id)) await contexts.refresh(id);
    events.before(update);
    // The list may have this update already: it was stored while the update waited for its turn.
    const isNewest = update.version >= (list.known(id)?.ver ?? 0);
    // A late update of an earlier departure does not concern a user who is a member again.
    const isLast = isNewest && update.state !== "active";
    // To store the shared position stores the update with it, as one write, before frames are sent. The row
    // of a conversation that the user has left is updated last, once the devices have the last
    // messages: without membership `known` has no delivered position.
    const shared = new SharedPosition(this.deliveredBefore(update), (position) =>
      isLast ? list.setDelivered(id, position) : list.applyUpdate(update, position),
    );
    const page = packedPage ? unpack(packedPage) : update.page;
    const target = { conversationId: id, kind, lastSeq, rev, lastCount, readCount, onDemand, isLast, page };
    await bringUp(this.#deps, shared, target, own);
    if (isLast) {
      list.applyUpdate(update, shared.position);
      positions.left(id, lastSeq);
    }
    this.answer(id);
    if (isNewest) events.activity(update);
    // A socket that is being opened shows nothing over a room socket yet.
    const isFocused = !audience.isOpening() && positions.isFocused(id);
    return { ...shared.position, ...this.formats, ...(isFocused && { isFocused }) };
  }

  /**
   * Brings the sockets up to the shared position that are not new and read well, and have not come so far.
   * @throws if messages cannot be fetched
   */
  async release(id: ConversationId): Promise<void> {
    const shared = await this.sharedPosition(id);
    const target = { conversationId: id, lastSeq: shared.seq, rev: shared.rev };
    await bringUp(this.#deps, new SharedPosition(shared), target);
    this.answer(id);
  }

  /** Gives withheld answers to the sockets for which no message of a conversation waits. */
  answer(id: ConversationId): void {
    const { positions, slowSockets } = this.#deps;
    slowSockets.answer(id, (socket) => !positions.isWaiting(socket, id));
  }

  /**
   * The delivered position before an update. Without a stored one:
   * - A new conversation begins at `newFrom`, so that earlier messages are not sent. If the user was in
   *   it before, changes since then are sent.
   * - A conversation that the user has left begins at its end: nothing is sent.
   */
  deliveredBefore({ conversationId, version, state, newFrom, lastSeq, rev }: InboxUpdate): SyncPosition {
    const known = this.#deps.list.known(conversationId);
    if (known?.delivered) return known.delivered;
    const isNew = state === "active" && version > (known?.ver ?? -1);
    return isNew ? { seq: newFrom, rev: known?.rev ?? rev } : { seq: lastSeq, rev };
  }

  /**
   * @returns the shared delivered position of a conversation; it subscribes to a conversation that has none
   */
  async sharedPosition(id: ConversationId): Promise<SyncPosition> {
    const { list, conversations, timing, userId } = this.#deps;
    const known = list.known(id);
    if (known?.delivered) return known.delivered;
    const subscription = conversations.snapshot(id, { userId: userId(), subscribes: { hasDevices: true } });
    const { update } = await withDeadline(subscription, timing.deviceFeed.pageTimeoutMs);
    const position = this.deliveredBefore(update);
    list.applyUpdate(update, position);
    return position;
  }
}
