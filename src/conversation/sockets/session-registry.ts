import { CoreError } from "../../domain/errors.ts";
import type { ConversationId, SessionId, UserId } from "../../domain/ids.ts";
import type { Inboxes } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/deadline.ts";
import { KeyQueue } from "../../object/key-queue.ts";

/** The sockets of this conversation, by session. */
interface SessionSockets {
  hasSession(sessionId: SessionId): boolean;
  kickSession(sessionId: SessionId): void;
}

/**
 * Keeps the inboxes informed of which sessions have a socket here, so that ending a session finds
 * them all. A socket is announced before it is opened: a kick in between is remembered.
 */
export class SessionRegistry {
  readonly #id: ConversationId;
  readonly #inboxes: Inboxes;
  readonly #sockets: SessionSockets;
  readonly #timing: Timing["socketRegistry"];
  /** sockets that are being opened, by session, with whether a kick has come meanwhile */
  readonly #opening = new Map<SessionId, Set<{ kicked: boolean }>>();
  /** the calls about a session, which arrive in order */
  readonly #calls = new KeyQueue<SessionId>();

  constructor(
    id: ConversationId,
    inboxes: Inboxes,
    sockets: SessionSockets,
    timing: Timing["socketRegistry"],
  ) {
    this.#id = id;
    this.#inboxes = inboxes;
    this.#sockets = sockets;
    this.#timing = timing;
  }

  /**
   * Announces a socket, then opens it.
   * @param open accepts the socket; called in the turn in which it is certain that the session lives
   * @throws `unauthenticated` if the session is ended, also if that happens while this is under way
   */
  async open<T>(userId: UserId, sessionId: SessionId, open: () => T): Promise<T> {
    const ticket = { kicked: false };
    const tickets = this.#opening.get(sessionId) ?? new Set();
    this.#opening.set(sessionId, tickets.add(ticket));
    try {
      const registration = { conversationId: this.#id, sessionId };
      await this.#inOrder(sessionId, () => this.#inboxes.register(userId, registration));
      if (ticket.kicked) throw new CoreError("unauthenticated", "This session was ended. Sign in again.");
      return open();
    } finally {
      tickets.delete(ticket);
      if (tickets.size === 0) this.#opening.delete(sessionId);
      // What was announced and then not opened is taken back.
      if (!this.#sockets.hasSession(sessionId)) void this.closed(userId, sessionId);
    }
  }

  /** A kick has come: it also meets the sockets that are being opened. */
  kick(sessionId: SessionId): void {
    for (const ticket of this.#opening.get(sessionId) ?? []) ticket.kicked = true;
  }

  isOpening(sessionId: SessionId): boolean {
    return this.#opening.has(sessionId);
  }

  /** A socket of this session has closed: its user's inbox hears of the last one. */
  async closed(userId: UserId, sessionId: SessionId): Promise<void> {
    let isInTime = true;
    try {
      await this.#inOrder(sessionId, async () => {
        if (this.#sockets.hasSession(sessionId) || this.isOpening(sessionId)) return;
        const call = this.#inboxes.unregister(userId, { conversationId: this.#id, sessionId });
        const ended = () => {
          // One that is late may have taken away what was announced after it.
          if (!isInTime && this.#sockets.hasSession(sessionId)) void this.#announceAgain(userId, sessionId);
        };
        call.then(ended, ended);
        await call;
      });
    } catch (error) {
      // The inbox asks by itself from time to time which sockets are still open.
      log("warn", "unregister_failed", { conversation: this.#id, user: userId, ...errorFields(error) });
    } finally {
      isInTime = false;
    }
  }

  async #announceAgain(userId: UserId, sessionId: SessionId): Promise<void> {
    const registration = { conversationId: this.#id, sessionId };
    try {
      await this.#inOrder(sessionId, () => this.#inboxes.register(userId, registration));
    } catch (error) {
      // Ended meanwhile, or nobody can say: a socket that a logout would not find must not stay.
      log("warn", "register_failed", { conversation: this.#id, user: userId, ...errorFields(error) });
      this.#sockets.kickSession(sessionId);
    }
  }

  #inOrder<T>(sessionId: SessionId, call: () => Promise<T>): Promise<T> {
    return this.#calls.run(sessionId, () => withDeadline(call(), this.#timing.registerTimeoutMs));
  }
}
