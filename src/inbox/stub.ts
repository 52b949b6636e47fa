import type { Bump, InboxEntry, ListPosition } from "../core/bump.ts";
import type { ConversationId, UserId } from "../core/ids.ts";
import type { EndedSession, SocketRegistration } from "../core/ports.ts";
import { callObject } from "../object/stub.ts";
import type { InboxObject } from "./object.ts";

/** Inbox objects by the id of their user. Every call is idempotent. */
export class InboxStubs {
  readonly #namespace: DurableObjectNamespace<InboxObject>;

  constructor(namespace: DurableObjectNamespace<InboxObject>) {
    this.#namespace = namespace;
  }

  /** @see InboxObject.bump */
  bump(userId: UserId, bump: Bump): Promise<null> {
    return callObject(() => this.#stub(userId).bump(bump));
  }

  /** @see InboxObject.register */
  register(userId: UserId, socket: SocketRegistration): Promise<null> {
    return callObject(() => this.#stub(userId).register(socket));
  }

  /** @see InboxObject.unregister */
  unregister(userId: UserId, socket: SocketRegistration): Promise<null> {
    return callObject(() => this.#stub(userId).unregister(socket));
  }

  /**
   * Ends a session at the gate: its sockets close with 4001, new ones are refused until `expiresAt`
   * (ms), when its tokens are void anyway.
   */
  endSession(userId: UserId, input: EndedSession): Promise<null> {
    return callObject(() => this.#stub(userId).endSession(input));
  }

  /** @see InboxObject.endingSessions */
  endingSessions(userId: UserId, input: { token: string }): Promise<null> {
    return callObject(() => this.#stub(userId).endingSessions(input));
  }

  /** @see InboxObject.endSessions */
  endSessions(userId: UserId, input: { token: string; sessions: EndedSession[] }): Promise<null> {
    return callObject(() => this.#stub(userId).endSessions(input));
  }

  /** @see InboxObject.leaving */
  leaving(userId: UserId, input: { token: string }): Promise<null> {
    return callObject(() => this.#stub(userId).leaving(input));
  }

  /** @see InboxObject.farewell */
  farewell(userId: UserId, input: { token: string }): Promise<null> {
    return callObject(() => this.#stub(userId).farewell(input));
  }

  /** @see InboxObject.list */
  list(userId: UserId, input: { limit: number; after?: ListPosition }): Promise<InboxEntry[]> {
    return callObject(() => this.#stub(userId).list(input));
  }

  /** @see InboxObject.stick */
  stick(userId: UserId, input: { conversationId: ConversationId; sticky: boolean }): Promise<null> {
    return callObject(() => this.#stub(userId).stick(input));
  }

  #stub(userId: UserId): DurableObjectStub<InboxObject> {
    return this.#namespace.getByName(String(userId));
  }
}
