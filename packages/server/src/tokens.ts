import type { components } from "../../client/src/api/openapi.d.ts";
import type { Input } from "../../client/src/api/operations.ts";
import type { Calls } from "./calls.ts";
import type { Ref } from "./ref.ts";

type UserToken = components["schemas"]["UserToken"];
type TokenRequest = NonNullable<Input<"post", "/v1/server/users/{ref}/tokens">["body"]>;

/** Tokens of users, for their apps. */
export class Tokens {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * Opens a session of a user. Each call opens one more, so one without an answer is not repeated.
   * @throws {ParleyError} `not_found`; `suspended`
   */
  create(ref: Ref, request: TokenRequest = {}): Promise<UserToken> {
    const path = { ref: `${ref}` };
    return this.#calls.call("post", "/v1/server/users/{ref}/tokens", { path, body: request });
  }
}
