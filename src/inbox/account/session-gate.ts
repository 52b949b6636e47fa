import { sessionOver } from "../../domain/errors.ts";
import type { ConversationId, SessionId } from "../../domain/ids.ts";
import type { Conversations, SocketRegistration } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { CallBudget } from "../../object/concurrency.ts";

type SocketRow = { session_id: SessionId; conversation_id: ConversationId };

/**
 * Admits the sockets of a user. It stores which sessions have ended, and in which conversations sessions have
 * room sockets registered. Device sockets are not registered here: the inbox holds them itself.
 */
export class SessionGate {
  readonly #sql: SqlStorage;
  readonly #conversations: Pick<Conversations, "kick" | "openSessions">;
  readonly #timing: Timing["socketRegistry"];
  /** the number of the last registration by session and conversation: a check must not undo a newer one */
  readonly #registeredAt = new Map<string, number>();
  #registrations = 0;
  /** the conversation up to which the running check for lost sockets has come */
  #checkedTo = 0;

  constructor(
    sql: SqlStorage,
    conversations: Pick<Conversations, "kick" | "openSessions">,
    timing: Timing["socketRegistry"],
  ) {
    this.#sql = sql;
    this.#timing = timing;
    this.#conversations = conversations;
  }

  /** Registers a room socket before it opens. Idempotent. @throws `unauthenticated` for an ended session */
  register({ conversationId, sessionId }: SocketRegistration): void {
    this.requireActive(sessionId);
    this.#registrations++;
    this.#registeredAt.set(`${sessionId} ${conversationId}`, this.#registrations);
    const query = "INSERT OR IGNORE INTO sockets (session_id, conversation_id) VALUES (?, ?)";
    this.#sql.exec(query, sessionId, conversationId);
  }

  /** Removes a registration: the last socket of the session in the conversation has closed. Idempotent. */
  unregister({ conversationId, sessionId }: SocketRegistration): void {
    const where = "session_id = ? AND conversation_id = ?";
    this.#sql.exec(`DELETE FROM sockets WHERE ${where}`, sessionId, conversationId);
    this.#registeredAt.delete(`${sessionId} ${conversationId}`);
  }

  /** Whether a room socket is registered. */
  hasSockets(): boolean {
    return this.#sql.exec("SELECT 1 FROM sockets LIMIT 1").toArray().length > 0;
  }

  /** @returns the sessions that have a room socket registered in a conversation */
  sessionsIn(id: ConversationId): SessionId[] {
    const query = "SELECT session_id FROM sockets WHERE conversation_id = ?";
    const rows = this.#sql.exec<Pick<SocketRow, "session_id">>(query, id).toArray();
    return rows.map(({ session_id }) => session_id);
  }

  /** @throws `unauthenticated` for an ended session */
  requireActive(sessionId: SessionId): void {
    if (this.isEnded(sessionId)) {
      throw sessionOver();
    }
  }

  /** Whether a session has ended; false again once its tokens have expired. */
  isEnded(sessionId: SessionId): boolean {
    return (
      this.#sql.exec("SELECT 1 FROM ended_sessions WHERE session_id = ?", sessionId).toArray().length > 0
    );
  }

  /** @returns the sessions that have room sockets registered */
  sessions(): SessionId[] {
    const rows = this.#sql.exec<Pick<SocketRow, "session_id">>("SELECT DISTINCT session_id FROM sockets");
    return rows.toArray().map(({ session_id }) => session_id);
  }

  /** Ends a session: its sockets are refused until `expiresAt` (ms), when its tokens expire. */
  end(sessionId: SessionId, expiresAt: number): void {
    const query = "INSERT OR REPLACE INTO ended_sessions (session_id, expires_at) VALUES (?, ?)";
    this.#sql.exec(query, sessionId, expiresAt);
  }

  /**
   * Closes the room sockets of an ended session in the conversations that have one registered, as far as the
   * calls suffice.
   * @returns whether none is left
   * @throws if a conversation could not be reached; sockets in the others are closed
   */
  async kick(sessionId: SessionId, calls: CallBudget): Promise<boolean> {
    const query = "SELECT * FROM sockets WHERE session_id = ? LIMIT ?";
    const rows = this.#sql.exec<SocketRow>(query, sessionId, calls.left + 1).toArray();
    const reached = rows.slice(0, calls.take(rows.length));
    const kicks = reached.map(async ({ conversation_id }) => {
      const call = this.#conversations.kick(conversation_id, { sessionId });
      await withDeadline(call, this.#timing.callTimeoutMs);
      this.unregister({ conversationId: conversation_id, sessionId });
    });
    const failed = (await Promise.allSettled(kicks)).find((kick) => kick.status === "rejected");
    if (failed) throw failed.reason;
    return reached.length === rows.length;
  }

  /**
   * Removes registrations of sockets that are no longer open. A crash of a conversation's server closes
   * sockets without unregistering them. The next call goes on where the calls did not suffice.
   * @returns whether all conversations were checked
   * @throws if a conversation could not be reached; the others were checked
   */
  async removeLostSockets(calls: CallBudget): Promise<boolean> {
    const query = "SELECT * FROM sockets WHERE conversation_id > ? ORDER BY conversation_id";
    const byConversation = [
      ...Map.groupBy(
        this.#sql.exec<SocketRow>(query, this.#checkedTo).toArray(),
        (row) => row.conversation_id,
      ),
    ];
    const reached = byConversation.slice(0, calls.take(byConversation.length));
    const isLast = reached.length === byConversation.length;
    this.#checkedTo = isLast ? 0 : (reached.at(-1)?.[0] ?? this.#checkedTo);
    const checks = reached.map(async ([conversationId, rows]) => {
      const sessions = rows.map((row) => row.session_id);
      const before = this.#registrations;
      const call = this.#conversations.openSessions(conversationId, { sessionIds: sessions });
      const open = new Set(await withDeadline(call, this.#timing.callTimeoutMs));
      for (const sessionId of sessions) {
        // A socket that registered while the answer was on its way is open.
        const isNew = (this.#registeredAt.get(`${sessionId} ${conversationId}`) ?? 0) > before;
        if (!open.has(sessionId) && !isNew) this.unregister({ conversationId, sessionId });
      }
    });
    const failed = (await Promise.allSettled(checks)).find((call) => call.status === "rejected");
    if (failed) throw failed.reason;
    return isLast;
  }

  /** Forgets ended sessions whose tokens have expired. @returns when the next one expires (ms), or null */
  deleteExpired(now: number): number | null {
    this.#sql.exec("DELETE FROM ended_sessions WHERE expires_at <= ?", now);
    const query = "SELECT min(expires_at) AS next FROM ended_sessions";
    return this.#sql.exec<{ next: number | null }>(query).one().next;
  }
}
