import type { Conversation } from "../core/conversation.ts";
import type { Position, UserId } from "../core/ids.ts";
import type { Timing } from "../core/timing.ts";
import type { Changed } from "./change.ts";
import type { Listener } from "./listener.ts";
import type { Members } from "./members.ts";
import type { Passings } from "./passings.ts";
import type { State } from "./state.ts";

/**
 * Has members' devices hear of what happens besides messages and what becomes of them: their bumps take it
 * along, once and without a promise. Whoever comes back asks for what he shows.
 */
export class Outreach implements Listener {
  readonly #state: State;
  readonly #members: Members;
  readonly #passings: Passings;
  readonly #timing: Timing["largeGroup"];
  readonly #mayHear: (userId: UserId) => boolean;

  /** @param mayHear whether a member may have devices that listen */
  constructor(
    state: State,
    members: Members,
    passings: Passings,
    timing: Timing["largeGroup"],
    mayHear: (userId: UserId) => boolean,
  ) {
    this.#state = state;
    this.#members = members;
    this.#passings = passings;
    this.#timing = timing;
    this.#mayHear = mayHear;
  }

  sent(): void {}

  revoked(): void {}

  hidden(): void {}

  read(userId: UserId, seq: Position): void {
    const event = { type: "read", conversationId: this.#state.id, userId, seq } as const;
    const others = this.#isLarge ? [] : this.#reached();
    this.#passings.add(new Set([userId, ...others]), `read ${userId}`, event);
  }

  typing(userId: UserId): void {
    if (this.#isLarge) return;
    const others = this.#reached().filter((id) => id !== userId);
    const event = { type: "typing", conversationId: this.#state.id, userId } as const;
    this.#passings.add(others, `typing ${userId}`, event);
  }

  changed({ change }: Changed): void {
    const conversationId = this.#state.id;
    // Who goes hears of that, and of nothing after it.
    const going = new Set(change.kick?.userIds);
    const here = [...this.#members.all()].filter(
      ({ state, user_id: id }) => state === "active" || going.has(id),
    );
    const told = here.map(({ user_id }) => user_id).filter((id) => this.#mayHear(id));
    if (change.tip) {
      const { event, user_ids: userIds } = change.tip;
      this.#once(told, { type: "member", conversationId, event, userIds });
    }
    if (change.notice) {
      const { event, userIds, to } = change.notice;
      this.#once(
        to.filter((id) => this.#mayHear(id)),
        { type: "member", conversationId, event, userIds },
      );
    }
    if (change.dissolvedAt !== undefined) {
      this.#once(told, { type: "member", conversationId, event: "dissolved", userIds: [] });
    }
  }

  reaches(userId: UserId): boolean {
    return this.#members.isActive(userId) && this.#mayHear(userId);
  }

  announced(userId: UserId, conversation: Conversation): void {
    if (!this.#mayHear(userId)) return;
    this.#passings.add([userId], "conversation", { type: "conversation", conversation });
  }

  /** Tells what no later event takes the place of. */
  #once(userIds: UserId[], event: Parameters<Passings["add"]>[2]): void {
    this.#passings.add(userIds, `event ${this.#passings.last + 1}`, event);
  }

  /** In a large group positions and typing of others stay in the room. */
  get #isLarge(): boolean {
    return this.#members.activeCount > this.#timing.aboveMembers;
  }

  #reached(): UserId[] {
    return this.#members.ids().filter((id) => this.reaches(id));
  }
}
