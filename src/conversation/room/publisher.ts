import type { UserId } from "../../domain/ids.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import type { ChangeAnnouncement } from "../change-feed/change-feed.ts";
import type { Fanout } from "../delivery/fanout.ts";
import type { ConversationHooks } from "../hooks/hooks.ts";
import type { RetentionSchedule } from "../retention/schedule.ts";
import type { EventSink, Published } from "../state/published.ts";
import type { SocketSink } from "../state/socket-sink.ts";

/** The way to inboxes and devices. */
interface DeliverySink {
  deviceEvents: EventSink<DeviceEvent>;
  fanout: Pick<Fanout, "changed" | "ephemeral" | "tellsWhole">;
  hooks: Pick<ConversationHooks, "changed">;
  retention: Pick<RetentionSchedule, "changed">;
}

/**
 * Tells of what a room has committed: its sockets first, then devices and inboxes. It is made before the
 * stores, which tell through it; those that are told connect once they exist.
 */
export class Publisher {
  /** none until the object has restored its sockets */
  readonly #sockets: SocketSink[] = [];
  #delivery: DeliverySink | undefined;

  /** Has devices and inboxes told of all later events. */
  connectDelivery(delivery: DeliverySink): void {
    this.#delivery = delivery;
  }

  /** Has room sockets told of all later events. */
  connectSockets(sockets: SocketSink): void {
    this.#sockets.push(sockets);
  }

  /** @see RoomContext.publish */
  publish(events: readonly Published[], toSockets?: (sockets: SocketSink) => void): void {
    // Before the fan-out, so that the first inbox update carries the events. What they tell is stored: if one
    // cannot be told, the fan-out starts all the same.
    try {
      if (toSockets) this.toSockets(toSockets);
      for (const published of events) this.#tell(published);
    } finally {
      this.changed();
    }
  }

  /** Tells of an event that nothing was stored for. */
  tellUnstored(published: Published): void {
    this.#tell(published);
    this.#delivery?.fanout.ephemeral();
  }

  /** Tells devices alone of what the room's own sockets have no frame for. It may be lost. */
  tellDevices(published: Published<DeviceEvent>): void {
    this.#delivery?.deviceEvents.tell(published);
    this.#delivery?.fanout.ephemeral();
  }

  /** Announces changed messages. The fan-out finds whose devices lack them (`Recipients.isDelivered`). */
  messagesChanged(announcement: ChangeAnnouncement): void {
    this.publish([], (sockets) => sockets.messagesChanged(announcement));
  }

  /** Tells room sockets alone. */
  toSockets(tell: (sockets: SocketSink) => void): void {
    for (const sockets of this.#sockets) tell(sockets);
  }

  /** Starts the fan-out after a change, and calls of hooks; schedules when messages expire. */
  changed(): void {
    try {
      this.#delivery?.fanout.changed();
    } finally {
      this.#delivery?.hooks.changed();
      this.#delivery?.retention.changed();
    }
  }

  /** @see SocketSink.refresh */
  refresh(): UserId[] {
    return this.#sockets.flatMap((sockets) => sockets.refresh());
  }

  /** Whether a user may have a room socket, or a device connected. */
  reaches(userId: UserId): boolean {
    const hasSocket = this.#sockets.some((sockets) => sockets.reaches(userId));
    return hasSocket || this.#delivery?.deviceEvents.reaches(userId) || false;
  }

  /** Whether anybody is told of changed messages as a whole alone. */
  tellsWhole(): boolean {
    return (
      this.#sockets.some((sockets) => sockets.tellsWhole()) || this.#delivery?.fanout.tellsWhole || false
    );
  }

  #tell(published: Published): void {
    for (const sockets of this.#sockets) sockets.tell(published);
    this.#delivery?.deviceEvents.tell(published);
  }
}
