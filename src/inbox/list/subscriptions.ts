import type { ConversationId } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";

/** The most large groups that are called. Snapshots of further ones are a minute old at most. */
const MAX_GROUPS = 100;

/** When a conversation was last called (ms), and whether with devices. */
interface LastSubscription {
  at: number;
  hasDevices: boolean;
}

/** What subscriptions need from the inbox. */
interface SubscriptionsDeps {
  /** the groups of more than `members` members that the user is in, `limit` at most */
  large(members: number, limit: number): ConversationId[];
  /** subscribes to a conversation, and resolves with its snapshot */
  subscribe(id: ConversationId, hasDevices: boolean): Promise<InboxUpdate>;
  /** stores the snapshot that a conversation answered */
  apply(update: InboxUpdate): void;
  timing: Pick<Timing, "largeGroup" | "subscription">;
}

/**
 * Subscribes to conversations that defer their inbox updates: large groups, and conversations that may have
 * stored that no device is connected. They answer with a snapshot, and push without delay for the length of a
 * lease. The inbox subscribes when the user's list is read or a device socket opens.
 */
export class Subscriptions {
  readonly #deps: SubscriptionsDeps;
  readonly #last = new Map<ConversationId, LastSubscription>();

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps;
  }

  /**
   * Subscribes to each conversation at most once in `renewMs`. The row of a conversation that does not answer
   * within `callTimeoutMs` stays as it is. Never rejects.
   * @param hasDevices a device socket is open or opening: overrides a recent subscription without devices
   * @param others conversations besides large groups
   */
  async renew(hasDevices: boolean, others: ConversationId[] = []): Promise<void> {
    const { large, timing } = this.#deps;
    const { renewMs } = timing.subscription;
    const now = Date.now();
    for (const [id, { at }] of this.#last) if (now - at >= renewMs) this.#last.delete(id);
    const candidates = new Set([...large(timing.largeGroup.aboveMembers, MAX_GROUPS), ...others]);
    const due = [...candidates].filter((id) => {
      const last = this.#last.get(id);
      return !last || (hasDevices && !last.hasDevices);
    });
    await Promise.all(due.map((id) => this.#renewOne(id, hasDevices)));
  }

  /** Subscribes to these conversations with devices, however recently it did. Never rejects. */
  async subscribe(ids: ConversationId[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#renewOne(id, true)));
  }

  async #renewOne(id: ConversationId, hasDevices: boolean): Promise<void> {
    this.#last.set(id, { at: Date.now(), hasDevices });
    try {
      const { subscribe, apply, timing } = this.#deps;
      apply(await withDeadline(subscribe(id, hasDevices), timing.subscription.callTimeoutMs));
    } catch {
      // The next call of `renew` subscribes again.
      this.#last.delete(id);
    }
  }
}
