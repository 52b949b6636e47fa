import { CoreError } from "../core/errors.ts";
import type { ConversationId, SessionId } from "../core/ids.ts";
import type { Conversations, SocketRegistration } from "../core/ports.ts";

type Socket = { session_id: SessionId; conversation_id: ConversationId };

/** The gate of a user's sockets: which sessions have some, and where; which sessions are ended. */
export class Gate {
  readonly #sql: SqlStorage;
  readonly #conversations: Conversations;

  constructor(sql: SqlStorage, conversations: Conversations) {
    this.#sql = sql;
    this.#conversations = conversations;
  }

  /** Notes a socket that is about to open. @throws `unauthenticated` for an ended session */
  register({ conversationId, sessionId }: SocketRegistration): void {
    const ended = this.#sql.exec("SELECT 1 FROM ended_sessions WHERE session_id = ?", sessionId).toArray();
    if (ended.length > 0) throw new CoreError("unauthenticated", "This session was ended. Sign in again.");
    this.#sql.exec("INSERT OR IGNORE INTO sockets VALUES (?, ?)", sessionId, conversationId);
  }

  unregister({ conversationId, sessionId }: SocketRegistration): void {
    const where = "session_id = ? AND conversation_id = ?";
    this.#sql.exec(`DELETE FROM sockets WHERE ${where}`, sessionId, conversationId);
  }

  hasSockets(): boolean {
    return this.#sql.exec("SELECT 1 FROM sockets LIMIT 1").toArray().length > 0;
  }

  /** Refuses a session's sockets from now on, until its tokens are void anyway. */
  end(sessionId: SessionId, expiresAt: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO ended_sessions VALUES (?, ?)", sessionId, expiresAt);
  }

  /**
   * Closes the sockets of an ended session in every conversation that has some.
   * @throws if one could not be reached; the others are closed
   */
  async kick(sessionId: SessionId): Promise<void> {
    const rows = this.#sql.exec<Socket>("SELECT * FROM sockets WHERE session_id = ?", sessionId).toArray();
    const kicks = rows.map(async ({ conversation_id }) => {
      await this.#conversations.kick(conversation_id, sessionId);
      this.unregister({ conversationId: conversation_id, sessionId });
    });
    const failed = (await Promise.allSettled(kicks)).find((kick) => kick.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** Forgets the sockets that are gone without a word: a crash of a conversation's server leaves such. */
  async forgetLost(): Promise<void> {
    const byConversation = Map.groupBy(
      this.#sql.exec<Socket>("SELECT * FROM sockets").toArray(),
      (row) => row.conversation_id,
    );
    for (const [conversationId, rows] of byConversation) {
      const sessions = rows.map((row) => row.session_id);
      const open = new Set(await this.#conversations.openSessions(conversationId, sessions));
      for (const sessionId of sessions)
        if (!open.has(sessionId)) this.unregister({ conversationId, sessionId });
    }
  }

  /** Forgets ended sessions whose tokens have expired. @returns when the next one does, or null */
  sweep(now: number): number | null {
    this.#sql.exec("DELETE FROM ended_sessions WHERE expires_at <= ?", now);
    const query = "SELECT min(expires_at) AS next FROM ended_sessions";
    return this.#sql.exec<{ next: number | null }>(query).one().next;
  }
}
