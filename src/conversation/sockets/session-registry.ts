import { sessionOver } from "../../domain/errors.ts";
import type { ConversationId, SessionId, UserId } from "../../domain/ids.ts";
import type { Inboxes } from "../../domain/ports.ts";
import type { Timing } from "../../domain/timing.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { KeyQueue } from "../../object/key-queue.ts";

/** The inboxes of users, with their sessions. */
type SessionInboxes = Pick<Inboxes, "register" | "unregister">;

/** The room sockets of this conversation, by session. */
interface SessionSockets {
  hasSession(sessionId: SessionId): boolean;
  kickSession(sessionId: SessionId): void;
}

/**
 * Registers the sessions with a socket here at the inboxes of their users, so that the end of a session
 * closes every socket. A socket is registered before it opens. A kick in between is kept, and the socket does
 * not open.
 */
export class SessionRegistry {
  readonly #id: ConversationId;
  readonly #inboxes: SessionInboxes;
  readonly #sockets: SessionSockets;
  readonly #timing: Timing["socketRegistry"];
  /** the sockets that are being opened, by session, each with whether a kick has arrived */
  readonly #opening = new Map<SessionId, Set<{ kicked: boolean }>>();
  /** the calls to inboxes; those about one session run one after the other */
  readonly #queue = new KeyQueue<SessionId>();

  constructor(
    id: ConversationId,
    inboxes: SessionInboxes,
    sockets: SessionSockets,
    timing: Timing["socketRegistry"],
  ) {
    this.#id = id;
    this.#inboxes = inboxes;
    this.#sockets = sockets;
    this.#timing = timing;
  }

  /**
   * Registers a socket, then opens it.
   * @param open accepts the socket; runs in the turn in which the session is known to be valid
   * @returns the result of `open`
   * @throws `unauthenticated` for an ended session, also if it ends during this call
   */
  async open<T>(userId: UserId, sessionId: SessionId, open: () => T): Promise<T> {
    const ticket = { kicked: false };
    const tickets = this.#opening.get(sessionId) ?? new Set();
    this.#opening.set(sessionId, tickets.add(ticket));
    try {
      const registration = { conversationId: this.#id, sessionId };
      await this.#inOrder(sessionId, () => this.#inboxes.register(userId, registration));
      if (ticket.kicked) throw sessionOver();
      return open();
    } finally {
      tickets.delete(ticket);
      if (tickets.size === 0) this.#opening.delete(sessionId);
      // A registered socket that did not open is unregistered.
      if (!this.#sockets.hasSession(sessionId)) void this.closed(userId, sessionId);
    }
  }

  /** Notes a kick for the sockets of a session that are being opened: they do not open. */
  kick(sessionId: SessionId): void {
    for (const ticket of this.#opening.get(sessionId) ?? []) ticket.kicked = true;
  }

  /** Whether a socket of this session is being opened. */
  isOpening(sessionId: SessionId): boolean {
    return this.#opening.has(sessionId);
  }

  /** A socket of this session has closed. Unregisters the session at the inbox if it was the last one. */
  async closed(userId: UserId, sessionId: SessionId): Promise<void> {
    let isInTime = true;
    try {
      await this.#inOrder(sessionId, async () => {
        if (this.#sockets.hasSession(sessionId) || this.isOpening(sessionId)) return;
        const call = this.#inboxes.unregister(userId, { conversationId: this.#id, sessionId });
        const settled = () => {
          // A call that outlives its deadline may have removed a newer registration.
          if (!isInTime && this.#sockets.hasSession(sessionId)) void this.#registerAgain(userId, sessionId);
        };
        call.then(settled, settled);
        await call;
      });
    } catch (error) {
      // The inbox checks every `checkMs` which sockets are still open.
      log("warn", "unregister_failed", { conversation: this.#id, user: userId, ...errorFields(error) });
    } finally {
      isInTime = false;
    }
  }

  async #registerAgain(userId: UserId, sessionId: SessionId): Promise<void> {
    const registration = { conversationId: this.#id, sessionId };
    try {
      await this.#inOrder(sessionId, () => this.#inboxes.register(userId, registration));
    } catch (error) {
      // The session has ended, or its state is unknown. A sign-out would not find an unregistered
      // socket: close it.
      log("warn", "register_failed", { conversation: this.#id, user: userId, ...errorFields(error) });
      this.#sockets.kickSession(sessionId);
    }
  }

  #inOrder<T>(sessionId: SessionId, call: () => Promise<T>): Promise<T> {
    return this.#queue.run(sessionId, () => withDeadline(call(), this.#timing.registerTimeoutMs));
  }
}
