import type { components } from "../../client/src/api/openapi.d.ts";
import type { Input } from "../../client/src/api/operations.ts";
import type { Calls } from "./calls.ts";
import { place } from "./place.ts";
import type { Ref } from "./ref.ts";

type Schemas = components["schemas"];
type Query = NonNullable<Input<"get", "/v1/server/users">["query"]>;
type Deletion = NonNullable<Input<"delete", "/v1/server/users/{ref}">["query"]>;

/** Users that one call takes. */
const BATCH = 100;

/** The team's users. */
export class Users {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * Makes a user, or changes the one who is there. Only given fields change.
   * @throws {ParleyError} `conflict`: the username is taken; `forbidden`: the user has a password
   */
  upsert(ref: Ref, fields: Schemas["ServerUserChange"] = {}): Promise<Schemas["ServerUser"]> {
    return this.#calls.call("put", "/v1/server/users/{ref}", { ...place(ref), body: fields });
  }

  /**
   * Makes and changes any number of users, by their external ids, 100 a call.
   * @returns what became of each, in the order of the list; one that failed has its `problem`
   * @throws {ParleyError} a call failed; those before it are done, and the same list again does the rest
   */
  async upsertMany(users: readonly Schemas["ListedUser"][]): Promise<Schemas["ServerUserResult"][]> {
    const results: Schemas["ServerUserResult"][] = [];
    for (let i = 0; i < users.length; i += BATCH) {
      const body = { items: users.slice(i, i + BATCH) };
      const done = await this.#calls.call("post", "/v1/server/users", { body }, { retry: true });
      results.push(...done.items);
    }
    return results;
  }

  /** @throws {ParleyError} `not_found` */
  get(ref: Ref): Promise<Schemas["ServerUser"]> {
    return this.#calls.call("get", "/v1/server/users/{ref}", place(ref));
  }

  /** A page of users, in the order of their ids. */
  list(query: Query = {}): Promise<Schemas["ServerUserPage"]> {
    return this.#calls.call("get", "/v1/server/users", { query });
  }

  /**
   * Deletes an account.
   * @throws {ParleyError} `not_found`; `conflict`: the user owns a group
   */
  delete(ref: Ref, query: Deletion = {}): Promise<void> {
    return this.#calls.remove((calls) =>
      calls.call("delete", "/v1/server/users/{ref}", { ...place(ref), query }, { retry: true }),
    );
  }

  /** Signs a user out everywhere, and refuses sign-in and tokens until a time, or until `unsuspend`. */
  async suspend(ref: Ref, suspension: Schemas["SuspensionInput"] = {}): Promise<void> {
    await this.#calls.call("put", "/v1/server/users/{ref}/suspension", { ...place(ref), body: suspension });
  }

  async unsuspend(ref: Ref): Promise<void> {
    await this.#calls.call("delete", "/v1/server/users/{ref}/suspension", place(ref), { retry: true });
  }

  /** Ends every session of a user, and closes every socket. Scope `tokens`. */
  async signOut(ref: Ref): Promise<void> {
    await this.#calls.call("delete", "/v1/server/users/{ref}/sessions", place(ref), { retry: true });
  }
}
