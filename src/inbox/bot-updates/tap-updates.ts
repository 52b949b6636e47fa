import type { BotFormat, BotPlace } from "../../domain/bots/bot-update.ts";
import { namedIn } from "../../domain/bots/named-users.ts";
import { Tap } from "../../domain/bots/tap.ts";
import { nullIfNotFound } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Conversations } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { UpdateQueue } from "./update-queue.ts";

interface TapDeps {
  queue: UpdateQueue;
  format: BotFormat;
  /** has an alarm call `read`, now */
  schedule(key: string): void;
  conversations: Pick<Conversations, "pageWithContext" | "message">;
  timing: Pick<Timing, "botUpdates">;
  userId(): UserId;
  /** what the format says of a conversation besides its context, for updates that name these users */
  placeOf(context: BotPlace, named: readonly UserId[]): Promise<BotPlace>;
  /** updates were added */
  added(): void;
}

/** Tells a bot of the taps on its buttons. */
export class TapUpdates {
  readonly #deps: TapDeps;

  constructor(deps: TapDeps) {
    this.#deps = deps;
  }

  /** A button of the bot was tapped on. While the queue is off this does nothing. */
  tapped(tap: Tap): void {
    if (this.#deps.queue.state) this.#deps.schedule(JSON.stringify(tap));
  }

  /**
   * The job of a tap: adds it, with its message as it is now.
   * @throws if the conversation does not answer
   */
  async read(key: string): Promise<null> {
    const { added, conversations, format, queue, userId } = this.#deps;
    const tap = Tap.parse(JSON.parse(key));
    const { conversationId: id, seq } = tap;
    const input = { userId: userId() };
    const [page, message] = await Promise.all([
      this.#inTime(conversations.pageWithContext(id, { ...input, limit: 1 }).catch(nullIfNotFound)),
      this.#inTime(conversations.message(id, { ...input, seq }).catch(nullIfNotFound)),
    ]);
    if (!page || !format.tells(page.context.kind)) return null;
    const place = await this.#deps.placeOf(page.context, message ? namedIn(message) : []);
    const update = format.tapped(tap, message, place);
    if (!update || !queue.state || !format.isWanted(update.kind, queue.state.allowed)) return null;
    queue.append(id, [update]);
    added();
    return null;
  }

  #inTime<T>(call: Promise<T>): Promise<T> {
    return withDeadline(call, this.#deps.timing.botUpdates.callTimeoutMs);
  }
}
