import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { ConversationDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { RoomContext } from "../room/context.ts";

/** Makers that an object keeps in mind: more than there are hooks of a group. */
const MAX_KNOWN = 100;

/** null: the user may sign in, and is heard */
type State = Awaited<ReturnType<ConversationDirectory["suspension"]>>;

/** Whether a user may have incoming hooks in a group now. Otherwise theirs wait. */
export function mayHaveHooks(
  { members, rights }: Pick<RoomContext, "members" | "rights">,
  id: UserId,
): boolean {
  const member = members.findActive(id);
  return member !== null && rights.may(member, "incomingHooks");
}

/** The refusal of a post to a hook whose maker may not have it now. It does not say why. */
export function waitsForAdmin(): CoreError {
  const detail = "This hook waits for an admin of the group, who takes it over by giving it a new URL.";
  return new CoreError("forbidden", detail);
}

/** Whether the makers of hooks are suspended. D1 is asked of each once in `keepMs`. */
export class HookMakers {
  readonly #directory: Pick<ConversationDirectory, "suspension">;
  readonly #timing: Timing["rules"];
  readonly #known = new LruMap<UserId, { state: Promise<State>; askedAt: number }>(() => MAX_KNOWN);

  constructor(directory: Pick<ConversationDirectory, "suspension">, timing: Timing["rules"]) {
    this.#directory = directory;
    this.#timing = timing;
  }

  /** Without an answer of D1 it is as it was before. Never rejects. */
  suspensionOf(userId: UserId): Promise<State> {
    const known = this.#known.get(userId);
    // After the clock was put back, an answer of the future is as old as it is far away.
    if (known && Math.abs(Date.now() - known.askedAt) < this.#timing.keepMs) return known.state;
    const asked = withDeadline(this.#directory.suspension(userId), this.#timing.readTimeoutMs);
    const state = asked.catch((error: unknown) => {
      log("warn", "hook_maker_not_read", { user: userId, ...errorFields(error) });
      return known?.state ?? null;
    });
    this.#known.set(userId, { state, askedAt: Date.now() });
    return state;
  }
}
