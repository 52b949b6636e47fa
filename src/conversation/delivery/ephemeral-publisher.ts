import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { Position, UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";
import type { Members } from "../members/members.ts";
import type { StoredChange } from "../state/change.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import type { RoomObserver } from "../state/observer.ts";
import type { EphemeralEvents } from "./ephemeral-events.ts";

/**
 * Has members' devices hear of what happens besides messages and what becomes of them: their bumps take it
 * along, once and without a promise. Whoever comes back asks for what he shows.
 */
export class EphemeralPublisher implements RoomObserver {
  readonly #state: ConversationState;
  readonly #members: Members;
  readonly #events: EphemeralEvents;
  readonly #timing: Timing["largeGroup"];
  readonly #mayReceive: (userId: UserId) => boolean;

  /** @param mayHear whether a member may have devices that listen */
  constructor(
    state: ConversationState,
    members: Members,
    events: EphemeralEvents,
    timing: Timing["largeGroup"],
    mayHear: (userId: UserId) => boolean,
  ) {
    this.#state = state;
    this.#members = members;
    this.#events = events;
    this.#timing = timing;
    this.#mayReceive = mayHear;
  }

  sent(): void {}

  revoked(): void {}

  hidden(): void {}

  read(userId: UserId, seq: Position): void {
    const event = { type: "read", conversationId: this.#state.id, userId, seq } as const;
    const others = this.#isLarge ? [] : this.#reached();
    this.#events.add(new Set([userId, ...others]), `read ${userId}`, event);
  }

  typing(userId: UserId): void {
    if (this.#isLarge) return;
    const others = this.#reached().filter((id) => id !== userId);
    const event = { type: "typing", conversationId: this.#state.id, userId } as const;
    this.#events.add(others, `typing ${userId}`, event);
  }

  changed({ change }: StoredChange): void {
    const conversationId = this.#state.id;
    // Who goes hears of that, and of nothing after it.
    const going = new Set(change.kick?.userIds);
    const here = [...this.#members.all()].filter(
      ({ state, user_id: id }) => state === "active" || going.has(id),
    );
    const told = here.map(({ user_id }) => user_id).filter((id) => this.#mayReceive(id));
    if (change.systemMessage) {
      const { event, user_ids: userIds } = change.systemMessage;
      this.#once(told, { type: "member", conversationId, event, userIds });
    }
    if (change.memberEvent) {
      const { event, userIds, to } = change.memberEvent;
      this.#once(
        to.filter((id) => this.#mayReceive(id)),
        { type: "member", conversationId, event, userIds },
      );
    }
    if (change.dissolvedAt !== undefined) {
      this.#once(told, { type: "member", conversationId, event: "dissolved", userIds: [] });
    }
  }

  isInterestedIn(userId: UserId): boolean {
    return this.#members.isActive(userId) && this.#mayReceive(userId);
  }

  conversationUpdated(userId: UserId, conversation: Conversation): void {
    if (!this.#mayReceive(userId)) return;
    this.#events.add([userId], "conversation", { type: "conversation", conversation });
  }

  /** Tells what no later event takes the place of. */
  #once(userIds: UserId[], event: Parameters<EphemeralEvents["add"]>[2]): void {
    this.#events.add(userIds, `event ${this.#events.last + 1}`, event);
  }

  /** In a large group positions and typing of others stay in the room. */
  get #isLarge(): boolean {
    return this.#members.activeCount > this.#timing.aboveMembers;
  }

  #reached(): UserId[] {
    return this.#members.ids().filter((id) => this.isInterestedIn(id));
  }
}
