import { nullIfNotFound } from "../../domain/errors.ts";
import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import type { Conversations } from "../../domain/ports.ts";
import type { PushedMessage } from "../../domain/push/payload.ts";
import type { MessagesInContext } from "../../domain/sync/message-context.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";

/** The newest messages among which the one to push is looked for: those behind it do not count as unread. */
const PAGE = 20;

interface PushedMessagesDeps {
  conversations: Pick<Conversations, "pageWithContext" | "message">;
  timing: Pick<Timing, "push">;
  userId(): UserId;
}

/** Reads messages as the user sees them now: an inbox stores no text of a push. */
export class PushedMessages {
  readonly #deps: PushedMessagesDeps;

  constructor(deps: PushedMessagesDeps) {
    this.#deps = deps;
  }

  /** The newest messages of a conversation, with its name; null: the user is out of it. */
  newest(id: ConversationId): Promise<MessagesInContext | null> {
    const { conversations, timing, userId } = this.#deps;
    const page = conversations.pageWithContext(id, { userId: userId(), limit: PAGE, marksImported: true });
    return withDeadline(page.catch(nullIfNotFound), timing.push.callTimeoutMs);
  }

  /** One message, and where it is; null: the user does not see it. */
  async read(id: ConversationId, seq: Seq): Promise<PushedMessage | null> {
    const { conversations, timing, userId } = this.#deps;
    const page = await this.newest(id);
    if (!page) return null;
    const { items, context } = page;
    const found = items.find((item) => item.seq === seq);
    if (found) return { message: found, context };
    const message = conversations.message(id, { userId: userId(), seq }).catch(nullIfNotFound);
    const read = await withDeadline(message, timing.push.callTimeoutMs);
    return read && { message: read, context };
  }
}
