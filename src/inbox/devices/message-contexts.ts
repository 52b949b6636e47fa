import { publicOf } from "../../domain/accounts/extended-profile.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { UserDirectory } from "../../domain/ports.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { MessageContext, StoredContext } from "../../domain/sync/message-context.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/deadline.ts";
import type { ConversationList } from "../list/conversation-list.ts";
import type { DeviceAudience } from "./delivery-positions.ts";

/** Of more conversations nothing is kept. */
const MAX_KEPT = 500;

/** What a bump says of what is unread. */
export type Unread = Pick<InboxUpdate, "kind" | "lastCount" | "readCount">;

interface MessageContextsDeps {
  directory: Pick<UserDirectory, "storedContext">;
  audience: DeviceAudience;
  list: ConversationList;
  timing: Pick<Timing, "contextCache">;
  userId(): UserId;
}

/**
 * What conversations are like, for the wire formats that tell it with each message: asked of D1 once a minute for
 * those in which something is said, and of nobody else where no socket speaks such a format.
 */
export class MessageContexts {
  readonly #deps: MessageContextsDeps;
  readonly #known = new Map<ConversationId, { setting: StoredContext; at: number }>();

  #failedAt = 0;

  constructor(deps: MessageContextsDeps) {
    this.#deps = deps;
  }

  /** Whether a socket is open that wants to be told of this one what is not known. */
  isWanted(id: ConversationId): boolean {
    const { freshMs, cooldownMs } = this.#deps.timing.contextCache;
    const now = Date.now();
    const at = this.#known.get(id)?.at ?? 0;
    if (now - at < freshMs || now - this.#failedAt < cooldownMs) return false;
    return this.#deps.audience.open().some(({ protocol }) => protocol.wantsContext);
  }

  /** Asks; where there is no answer what was known holds. */
  async prepare(id: ConversationId): Promise<void> {
    const { directory, timing, userId } = this.#deps;
    try {
      const setting = await withDeadline(
        directory.storedContext(userId(), id),
        timing.contextCache.timeoutMs,
      );
      if (setting) this.#keep(id, { ...setting, peer: setting.peer && publicOf(setting.peer) });
    } catch (error) {
      this.#failedAt = Date.now();
      log("warn", "setting_unknown", { conversation: id, ...errorFields(error) });
    }
  }

  #keep(id: ConversationId, setting: StoredContext): void {
    // In the order of asking: the first is the oldest.
    this.#known.delete(id);
    this.#known.set(id, { setting, at: Date.now() });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KEPT && oldest !== undefined) this.#known.delete(oldest);
  }

  /** What a conversation is like, as far as that is known, for what is told up to a bump, or now. */
  of({
    conversationId: id,
    kind,
    lastCount: lastN,
    readCount: readN,
  }: { conversationId: ConversationId } & Partial<Unread>): MessageContext {
    const { list, userId } = this.#deps;
    const nothing = { id, kind: kind ?? "group", name: "", givenName: "", createdAt: 0, peer: null } as const;
    const unreadCount =
      lastN === undefined || readN === undefined
        ? (list.entries([id])[0]?.unreadCount ?? 0)
        : Math.max(0, lastN - readN);
    return { ...(this.#known.get(id)?.setting ?? nothing), userId: userId(), unreadCount };
  }
}
