import type { BotFormat, BotPlace, BotUpdate } from "../../domain/bots/bot-update.ts";
import { namedIn } from "../../domain/bots/named-users.ts";
import type { Tap } from "../../domain/bots/tap.ts";
import { nullIfNotFound } from "../../domain/errors.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Conversations } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { UsersTold } from "./conversation-feed.ts";
import type { UpdateQueue } from "./update-queue.ts";

interface TapDeps {
  queue: UpdateQueue;
  format: BotFormat;
  conversations: Pick<Conversations, "pageWithContext" | "message">;
  timing: Pick<Timing, "botUpdates">;
  userId(): UserId;
  /** what the format says of a conversation besides its context */
  placeOf(context: BotPlace, users: UsersTold): Promise<BotPlace>;
  /** updates were added */
  added(): void;
}

/** Tells a bot of the taps on its buttons. */
export class TapUpdates {
  readonly #deps: TapDeps;

  constructor(deps: TapDeps) {
    this.#deps = deps;
  }

  /** Reads a tap, and its message as it is now. @see Outfeed.readTap */
  async read(tap: Tap): Promise<(() => void) | null> {
    const { conversations, format, userId } = this.#deps;
    const { conversationId: id, seq } = tap;
    const input = { userId: userId() };
    const [page, message] = await Promise.all([
      this.#inTime(conversations.pageWithContext(id, { ...input, limit: 1 }).catch(nullIfNotFound)),
      this.#inTime(conversations.message(id, { ...input, seq }).catch(nullIfNotFound)),
    ]);
    if (!page || !format.tells(page.context)) return null;
    const place = await this.#deps.placeOf(page.context, {
      named: message ? namedIn(message) : [],
      senders: [],
    });
    const update = format.tapped(tap, message, place);
    return update && (() => this.#store(id, update));
  }

  #store(id: ConversationId, update: BotUpdate): void {
    const { added, format, queue } = this.#deps;
    if (!queue.state || !format.isWanted(update.kind, queue.state.allowed)) return;
    queue.append(id, [update]);
    added();
  }

  #inTime<T>(call: Promise<T>): Promise<T> {
    return withDeadline(call, this.#deps.timing.botUpdates.callTimeoutMs);
  }
}
