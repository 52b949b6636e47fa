import type { components } from "../../client/src/api/openapi.d.ts";
import type { Input } from "../../client/src/api/operations.ts";
import type { Calls } from "./calls.ts";
import { place } from "./place.ts";
import type { Ref } from "./ref.ts";

type Schemas = components["schemas"];
/** What `put` makes: without `kind` a group. */
type Put = (Omit<Schemas["GroupInput"], "kind"> & { kind?: "group" }) | Schemas["DirectInput"];
type Query = NonNullable<Input<"get", "/v1/server/conversations">["query"]>;

/** The team's conversations, by their ids or its own. */
export class Conversations {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * Makes a group, or changes the one that is there. Only given fields change, and those of `members` who are
   * missing are added. `ext:` ids of users that nobody has make users. With `kind: "direct"` it is the direct
   * conversation of two `members`.
   * @throws {ParleyError} `not_found`: a user, or a conversation by its `id`; `conflict`: the group is
   * dissolved, or the two have a direct conversation with another id
   */
  put(ref: Ref, wanted: Put): Promise<Schemas["ServerConversation"]> {
    const body = wanted.kind === "direct" ? wanted : { ...wanted, kind: "group" as const };
    return this.#calls.call("put", "/v1/server/conversations/{cref}", { ...place(ref), body });
  }

  /** @throws {ParleyError} `not_found` */
  get(ref: Ref): Promise<Schemas["ServerConversation"]> {
    return this.#calls.call("get", "/v1/server/conversations/{cref}", place(ref));
  }

  /** A page of conversations, in the order of their ids; with `external_id` that one. */
  list(query: Query = {}): Promise<Schemas["ServerConversationPage"]> {
    return this.#calls.call("get", "/v1/server/conversations", { query });
  }

  /**
   * Adds and removes up to 500 members.
   * @returns what became of each; one that failed has its `problem`
   * @throws {ParleyError} `not_found`: there is no such conversation
   */
  async members(ref: Ref, change: Schemas["MembersInput"]): Promise<Schemas["MemberResult"][]> {
    const input = { ...place(ref), body: change };
    const path = "/v1/server/conversations/{cref}/members";
    return (await this.#calls.call("patch", path, input, { retry: true })).items;
  }
}
