import type { UserId } from "../../domain/ids.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import type { Members } from "../members/members.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import type { Audience, EventSink, Published } from "../state/published.ts";
import type { EphemeralEvents } from "./ephemeral-events.ts";

/**
 * Queues events for members' devices. They may be lost, and a client that reconnects requests the state that
 * it shows.
 */
export class EphemeralPublisher implements EventSink<DeviceEvent> {
  readonly #state: ConversationState;
  readonly #members: Members;
  readonly #events: EphemeralEvents;
  readonly #timing: Timing["largeGroup"];
  readonly #mayReceive: (userId: UserId) => boolean;

  /** @param mayReceive whether a member may have devices connected */
  constructor(
    state: ConversationState,
    members: Members,
    events: EphemeralEvents,
    timing: Timing["largeGroup"],
    mayReceive: (userId: UserId) => boolean,
  ) {
    this.#state = state;
    this.#members = members;
    this.#events = events;
    this.#timing = timing;
    this.#mayReceive = mayReceive;
  }

  tell({ event, to, subject = `event ${this.#events.last + 1}` }: Published<DeviceEvent>): void {
    const receivers = this.#receivers(to);
    if (typeof event !== "function") this.#events.add(receivers, subject, event);
    else for (const id of receivers) this.#events.add([id], subject, () => event(id));
  }

  reaches(userId: UserId): boolean {
    return this.#members.isActive(userId) && this.#mayReceive(userId);
  }

  #receivers(to: Audience): Iterable<UserId> {
    if ("only" in to) return [...to.only].filter((id) => this.reaches(id));
    if ("membersAnd" in to) {
      const leaving = new Set(to.membersAnd);
      if (this.#members.isCrowd) return leaving;
      const mayReceive = (id: UserId) => (leaving.has(id) ? this.#mayReceive(id) : this.reaches(id));
      return this.#members.ids().filter(mayReceive);
    }
    // Their first device may have connected since the last answer of their inbox.
    if ("own" in to) return [to.own];
    const self = to.self === "everywhere" ? [to.around] : [];
    const isLarge = this.#members.activeCount > this.#timing.aboveMembers;
    if (isLarge || this.#state.isBlocked) return self;
    return this.#members.ids().filter((id) => (id === to.around ? self.length > 0 : this.reaches(id)));
  }
}
