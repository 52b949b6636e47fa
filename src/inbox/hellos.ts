import type { Bump } from "../core/bump.ts";
import type { ConversationId } from "../core/ids.ts";
import { withDeadline } from "../object/deadline.ts";

/** How long a large group takes its word for it that somebody looks. */
const AGAIN_MS = 10_000;
/** Larger groups do not tell of everything at once who has no device's socket. */
const LARGE = 64;
/** More are not asked: the rest is as of a minute ago. */
const MAX_GROUPS = 100;
/** How long a list waits for one of them. */
const PATIENCE_MS = 300;

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
   * To each at most once in ten seconds; one that does not answer in time stays as known.
   * @param listens a device has come: that is said though somebody has just looked at his list
   * @param others conversations to greet besides large groups
   */
  async say(listens: boolean, others: ConversationId[] = []): Promise<void> {
    const now = Date.now();
    for (const [id, { at }] of this.#said) if (now - at >= AGAIN_MS) this.#said.delete(id);
    const wanted = new Set([...this.#deps.large(LARGE, MAX_GROUPS), ...others]);
    const silent = [...wanted].filter((id) => {
      const said = this.#said.get(id);
      return !said || (listens && !said.listens);
    });
    await Promise.all(silent.map((id) => this.#sayTo(id, listens)));
  }

  async #sayTo(id: ConversationId, listens: boolean): Promise<void> {
    this.#said.set(id, { at: Date.now(), listens });
    try {
      this.#deps.know(await withDeadline(this.#deps.hello(id, listens), PATIENCE_MS));
    } catch {
      // It is asked again next time.
      this.#said.delete(id);
    }
  }
}
