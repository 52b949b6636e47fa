import type { Bump } from "../core/bump.ts";
import type { ConversationId } from "../core/ids.ts";
import type { Timing } from "../core/timing.ts";
import { withDeadline } from "../object/deadline.ts";

/** More are not asked: the rest is as of a minute ago. */
const MAX_GROUPS = 100;

interface Said {
  at: number;
  listens: boolean;
}

interface HellosDeps {
  /** the large groups that the user is in */
  large(members: number, limit: number): ConversationId[];
  hello(id: ConversationId, listens: boolean): Promise<Bump>;
  /** takes what one of them answered */
  know(bump: Bump): void;
  timing: Pick<Timing, "largeGroup" | "subscription">;
}

/**
 * Says hello to large groups: somebody looks at his list, or has come with a device, and wants the newest; and to
 * other conversations which take it that no device is there.
 */
export class Hellos {
  readonly #deps: HellosDeps;
  readonly #said = new Map<ConversationId, Said>();

  constructor(deps: HellosDeps) {
    this.#deps = deps;
  }

  /**
   * To each at most once in `renewMs`; one that does not answer in time stays as known.
   * @param listens a device has come: that is said though somebody has just looked at his list
   * @param others conversations to greet besides large groups
   */
  async say(listens: boolean, others: ConversationId[] = []): Promise<void> {
    const { large, timing } = this.#deps;
    const { renewMs } = timing.subscription;
    const now = Date.now();
    for (const [id, { at }] of this.#said) if (now - at >= renewMs) this.#said.delete(id);
    const wanted = new Set([...large(timing.largeGroup.aboveMembers, MAX_GROUPS), ...others]);
    const silent = [...wanted].filter((id) => {
      const said = this.#said.get(id);
      return !said || (listens && !said.listens);
    });
    await Promise.all(silent.map((id) => this.#sayTo(id, listens)));
  }

  async #sayTo(id: ConversationId, listens: boolean): Promise<void> {
    this.#said.set(id, { at: Date.now(), listens });
    try {
      const { hello, know, timing } = this.#deps;
      know(await withDeadline(hello(id, listens), timing.subscription.callTimeoutMs));
    } catch {
      // It is asked again next time.
      this.#said.delete(id);
    }
  }
}
