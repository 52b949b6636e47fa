import type { ConversationId } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/deadline.ts";

/** More are not asked: the rest is as of a minute ago. */
const MAX_GROUPS = 100;

interface LastSubscription {
  at: number;
  hasDevices: boolean;
}

interface SubscriptionsDeps {
  /** the large groups that the user is in */
  large(members: number, limit: number): ConversationId[];
  subscribe(id: ConversationId, listens: boolean): Promise<InboxUpdate>;
  /** takes what one of them answered */
  apply(update: InboxUpdate): void;
  timing: Pick<Timing, "largeGroup" | "subscription">;
}

/**
 * Says hello to large groups: somebody looks at his list, or has come with a device, and wants the newest; and to
 * other conversations which take it that no device is there.
 */
export class Subscriptions {
  readonly #deps: SubscriptionsDeps;
  readonly #last = new Map<ConversationId, LastSubscription>();

  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps;
  }

  /**
   * To each at most once in `renewMs`; one that does not answer in time stays as known.
   * @param listens a device has come: that is said though somebody has just looked at his list
   * @param others conversations to greet besides large groups
   */
  async renew(listens: boolean, others: ConversationId[] = []): Promise<void> {
    const { large, timing } = this.#deps;
    const { renewMs } = timing.subscription;
    const now = Date.now();
    for (const [id, { at }] of this.#last) if (now - at >= renewMs) this.#last.delete(id);
    const wanted = new Set([...large(timing.largeGroup.aboveMembers, MAX_GROUPS), ...others]);
    const silent = [...wanted].filter((id) => {
      const said = this.#last.get(id);
      return !said || (listens && !said.hasDevices);
    });
    await Promise.all(silent.map((id) => this.#renewOne(id, listens)));
  }

  async #renewOne(id: ConversationId, listens: boolean): Promise<void> {
    this.#last.set(id, { at: Date.now(), hasDevices: listens });
    try {
      const { subscribe: hello, apply: know, timing } = this.#deps;
      know(await withDeadline(hello(id, listens), timing.subscription.callTimeoutMs));
    } catch {
      // It is asked again next time.
      this.#last.delete(id);
    }
  }
}
