import { nullIfNotFound } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Conversations, UserDirectory } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { CallBudget } from "../../object/concurrency.ts";

/** Channels that are called at once. */
const AT_ONCE = 20;

interface ReadableDeps {
  conversations: Pick<Conversations, "follow">;
  directory: Pick<UserDirectory, "unfollowedChannels">;
  timing: Pick<Timing, "botUpdates" | "gateway">;
  userId(): UserId;
}

/** Has a bot follow the channels that it can read: so it hears them as it hears groups. */
export class ReadableChannels {
  readonly #deps: ReadableDeps;

  constructor(deps: ReadableDeps) {
    this.#deps = deps;
  }

  /**
   * Follows those that the bot does not follow yet. Idempotent.
   * @returns when to go on (ms since 1970); null: it follows all
   * @throws if a channel or D1 does not answer
   */
  async follow(calls: CallBudget): Promise<number | null> {
    const { conversations, directory, timing, userId } = this.#deps;
    const ids = await directory.unfollowedChannels(userId());
    while (ids.length > 0) {
      const next = ids.splice(0, calls.take(Math.min(AT_ONCE, ids.length)));
      if (next.length === 0) return Date.now();
      const following = next.map((id) =>
        conversations.follow(id, { userId: userId() }).catch(nullIfNotFound),
      );
      await withDeadline(Promise.all(following), timing.botUpdates.callTimeoutMs);
    }
    return null;
  }

  /**
   * The same before a session begins, as long as its client waits for it.
   * @returns whether the bot follows all
   */
  async followInTime(calls: CallBudget): Promise<boolean> {
    try {
      return (await withDeadline(this.follow(calls), this.#deps.timing.gateway.followMs)) === null;
    } catch (error) {
      log("warn", "channels_not_followed", { user: this.#deps.userId(), ...errorFields(error) });
      return false;
    }
  }
}
