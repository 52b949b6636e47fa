import type { components } from "../../client/src/api/openapi.d.ts";
import type { Input } from "../../client/src/api/operations.ts";
import { newId } from "../../client/src/new-id.ts";
import type { Calls } from "./calls.ts";
import { place } from "./place.ts";
import type { Ref } from "./ref.ts";

type Schemas = components["schemas"];
type Query = NonNullable<Input<"get", "/v1/server/conversations/{cref}/messages">["query"]>;

/** The messages of conversations. */
export class Messages {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * Sends a message as a member, or with `as: null` a notice by nobody. Without a `client_msg_id` it gets
   * one, so that a repeat after a lost answer stores nothing twice. Scope `messages`.
   * @throws {ParleyError} `forbidden`: the user is no member; `muted`; `suspended`; `refused` by a hook
   */
  send(ref: Ref, message: Schemas["ServerMessage"]): Promise<Schemas["Message"]> {
    const body = { client_msg_id: newId(), ...message };
    return this.#calls.call("post", "/v1/server/conversations/{cref}/messages", { ...place(ref), body });
  }

  /** A page of messages, for a reader that sees all. Scope `conversations`. */
  list(ref: Ref, query: Query = {}): Promise<Schemas["MessagePage"]> {
    return this.#calls.call("get", "/v1/server/conversations/{cref}/messages", { ...place(ref), query });
  }
}
