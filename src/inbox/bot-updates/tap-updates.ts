import type { BotFormat } from "../../domain/bots/bot-update.ts";
import type { Tap } from "../../domain/bots/tap.ts";
import { nullIfNotFound } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Conversations } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { UpdateQueue } from "./update-queue.ts";

interface TapDeps {
  queue: UpdateQueue;
  format: BotFormat;
  conversations: Pick<Conversations, "pageWithContext" | "message">;
  timing: Pick<Timing, "botUpdates">;
  userId(): UserId;
  /** updates were added */
  added(): void;
}

/** Tells a bot of the taps on its buttons. */
export class TapUpdates {
  readonly #deps: TapDeps;

  constructor(deps: TapDeps) {
    this.#deps = deps;
  }

  /**
   * Adds a tap on a button, with its message as it is now.
   * @throws if the conversation does not answer
   */
  async read(tap: Tap): Promise<null> {
    const { added, conversations, format, queue, userId } = this.#deps;
    const { conversationId: id, seq } = tap;
    const input = { userId: userId() };
    const [page, message] = await Promise.all([
      this.#inTime(conversations.pageWithContext(id, { ...input, limit: 1 }).catch(nullIfNotFound)),
      this.#inTime(conversations.message(id, { ...input, seq }).catch(nullIfNotFound)),
    ]);
    if (!page) return null;
    const update = format.tapped(tap, message, page.context);
    if (!format.isWanted(update.kind, queue.state?.allowed ?? null)) return null;
    queue.append(id, [update]);
    added();
    return null;
  }

  #inTime<T>(call: Promise<T>): Promise<T> {
    return withDeadline(call, this.#deps.timing.botUpdates.callTimeoutMs);
  }
}
