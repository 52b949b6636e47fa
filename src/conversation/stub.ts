import type { ConversationId } from "../core/ids.ts";
import type { ConversationObject } from "./object.ts";

/** Conversation objects by the id of their conversation. */
export class ConversationStubs {
  readonly #namespace: DurableObjectNamespace<ConversationObject>;

  constructor(namespace: DurableObjectNamespace<ConversationObject>) {
    this.#namespace = namespace;
  }

  /** Opens a socket: hands the upgrade to the object, which answers 101 or a refusal. */
  fetch(id: ConversationId, request: Request): Promise<Response> {
    return this.#namespace.getByName(String(id)).fetch(request);
  }
}
