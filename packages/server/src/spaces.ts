import type { components } from "../../client/src/api/openapi.d.ts";
import type { Input } from "../../client/src/api/operations.ts";
import type { Calls } from "./calls.ts";
import { place } from "./place.ts";
import type { Ref } from "./ref.ts";

type Schemas = components["schemas"];
type Query = NonNullable<Input<"get", "/v1/server/spaces/{sref}/members">["query"]>;

/** The team's spaces, by their ids or its own. */
export class Spaces {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * Makes a space, or changes the one that is there. What is missing stays; members who are missing are
   * added, and `ext:` ids of users that nobody has make users. The same again completes a call that was
   * cut off.
   * @throws {ParleyError} `not_found`: a user, or a space by its `id`; `conflict`: the space is dissolved or
   * full, would have too many channels or roles, or the id of a channel is taken elsewhere; `forbidden`
   */
  put(ref: Ref, wanted: Schemas["SpaceInput"]): Promise<Schemas["ServerSpace"]> {
    return this.#calls.call("put", "/v1/server/spaces/{sref}", { ...place(ref), body: wanted });
  }

  /** @throws {ParleyError} `not_found` */
  get(ref: Ref): Promise<Schemas["ServerSpace"]> {
    return this.#calls.call("get", "/v1/server/spaces/{sref}", place(ref));
  }

  /** Dissolves a space with its channels. @throws {ParleyError} `not_found` */
  async delete(ref: Ref): Promise<void> {
    await this.#calls.call("delete", "/v1/server/spaces/{sref}", place(ref), { retry: true });
  }

  /** A page of the members, in the order in which they came. @throws {ParleyError} `not_found` */
  list(ref: Ref, query: Query = {}): Promise<Schemas["ServerSpaceMemberPage"]> {
    return this.#calls.call("get", "/v1/server/spaces/{sref}/members", { ...place(ref), query });
  }

  /**
   * Adds and removes up to 500 members, and sets their roles.
   * @returns what became of each; one that failed has its `problem`
   * @throws {ParleyError} `not_found`: there is no such space; `conflict`: it is dissolved
   */
  async members(ref: Ref, change: Schemas["SpaceMembersInput"]): Promise<Schemas["MemberResult"][]> {
    const input = { ...place(ref), body: change };
    return (await this.#calls.call("patch", "/v1/server/spaces/{sref}/members", input, { retry: true }))
      .items;
  }
}
