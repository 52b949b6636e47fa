import type { SessionId, UserId } from "../core/ids.ts";
import { callObject } from "../object/stub.ts";
import type { InboxObject } from "./object.ts";

/** Inbox objects by the id of their user. */
export class InboxStubs {
  readonly #namespace: DurableObjectNamespace<InboxObject>;

  constructor(namespace: DurableObjectNamespace<InboxObject>) {
    this.#namespace = namespace;
  }

  /**
   * Ends a session at the gate: its sockets close with 4001, new ones are refused until `expiresAt`
   * (ms), when its tokens are void anyway. Idempotent.
   */
  endSession(userId: UserId, input: { sessionId: SessionId; expiresAt: number }): Promise<null> {
    return callObject(() => this.#stub(userId).endSession(input));
  }

  #stub(userId: UserId): DurableObjectStub<InboxObject> {
    return this.#namespace.getByName(String(userId));
  }
}
