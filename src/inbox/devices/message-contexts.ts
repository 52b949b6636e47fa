import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { UserDirectory } from "../../domain/ports.ts";
import { type InboxUpdate, unreadCountOf } from "../../domain/sync/inbox-update.ts";
import type { MessageContext, StoredContext } from "../../domain/sync/message-context.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { ConversationList } from "../list/conversation-list.ts";
import type { DeviceAudience } from "./delivery-positions.ts";

/** The most contexts that are cached. */
const MAX_KEPT = 500;

/** The part of an inbox update from which the unread count is computed. */
export type Unread = Pick<InboxUpdate, "kind" | "lastCount" | "readCount">;

/** What message contexts need from the inbox. */
interface MessageContextsDeps {
  directory: Pick<UserDirectory, "storedContext">;
  audience: DeviceAudience;
  list: ConversationList;
  timing: Pick<Timing, "contextCache">;
  userId(): UserId;
}

/**
 * Caches the message contexts of conversations, for wire formats that show them beside each message. D1 is
 * asked at most once a minute for a conversation with new messages, and only while a socket with such a wire
 * format is open.
 */
export class MessageContexts {
  readonly #deps: MessageContextsDeps;
  readonly #cached = new Map<ConversationId, { context: StoredContext; at: number }>();
  /** when the last lookup failed (ms) */
  #failedAt = 0;

  constructor(deps: MessageContextsDeps) {
    this.#deps = deps;
  }

  /** Whether the context of a conversation is missing or stale, and a socket is open that shows it. */
  needsRefresh(id: ConversationId): boolean {
    const { freshMs, cooldownMs } = this.#deps.timing.contextCache;
    const now = Date.now();
    const at = this.#cached.get(id)?.at ?? 0;
    if (now - at < freshMs || now - this.#failedAt < cooldownMs) return false;
    return this.#deps.audience.open().some(({ protocol }) => protocol.complete);
  }

  /** Looks up the context of a conversation in D1. If that fails, the cached context stays. Never rejects. */
  async refresh(id: ConversationId): Promise<void> {
    const { directory, timing, userId } = this.#deps;
    try {
      const context = await withDeadline(
        directory.storedContext(userId(), id),
        timing.contextCache.timeoutMs,
      );
      if (context) this.#store(id, context);
    } catch (error) {
      this.#failedAt = Date.now();
      log("warn", "message_context_failed", { conversation: id, ...errorFields(error) });
    }
  }

  /** A user looks different: if the context shows them, the next message asks D1. */
  expire(id: ConversationId, userId: UserId): void {
    const cached = this.#cached.get(id);
    if (cached?.context.peer?.id === userId) cached.at = 0;
  }

  #store(id: ConversationId, context: StoredContext): void {
    // The map is in the order of the lookups: its first key is the oldest.
    this.#cached.delete(id);
    this.#cached.set(id, { context, at: Date.now() });
    const [oldest] = this.#cached.keys();
    if (this.#cached.size > MAX_KEPT && oldest !== undefined) this.#cached.delete(oldest);
  }

  /**
   * @param input the conversation, with the counts of an update; without counts those of the list are used
   * @returns the context of messages in the conversation; defaults where nothing is cached
   */
  of({
    conversationId: id,
    kind,
    lastCount,
    readCount,
  }: { conversationId: ConversationId } & Partial<Unread>): MessageContext {
    const { list, userId } = this.#deps;
    const defaults = {
      id,
      kind: kind ?? "group",
      name: "",
      givenName: "",
      createdAt: 0,
      peer: null,
    } as const;
    const unreadCount =
      lastCount === undefined || readCount === undefined
        ? (list.entries([id])[0]?.unreadCount ?? 0)
        : unreadCountOf({ lastCount, readCount });
    return { ...(this.#cached.get(id)?.context ?? defaults), userId: userId(), unreadCount };
  }
}
