import type { Input, Method, Output, PathOf } from "../../client/src/api/operations.ts";
import { type Acting, type CallOptions, Calls, type Fetch } from "./calls.ts";
import { Conversations } from "./conversations.ts";
import { Hooks } from "./hooks.ts";
import { Messages } from "./messages.ts";
import type { Ref } from "./ref.ts";
import { Spaces } from "./spaces.ts";
import { Tokens } from "./tokens.ts";
import { Users } from "./users.ts";

/** Where Parley is, and with which key it is called. */
export interface ParleyOptions {
  /** the address of the server, as `https://chat.example.com` */
  url: string;
  /** a server key, `psk_…`. It belongs to a backend: whoever opens a page could read it */
  key: string;
  /** makes the requests; absent: the `fetch` of the runtime */
  fetch?: Fetch;
}

/** Parley, for a team's backend. */
export class Parley {
  /** scope `users` */
  readonly users: Users;
  /** scope `tokens` */
  readonly tokens: Tokens;
  /** scope `conversations` */
  readonly conversations: Conversations;
  /** scope `conversations` */
  readonly spaces: Spaces;
  /** scope `messages` */
  readonly messages: Messages;
  /** scope `hooks` */
  readonly hooks: Hooks;
  readonly #calls: Calls;

  constructor({ url, key, fetch }: ParleyOptions) {
    this.#calls = Calls.open(url, key, fetch);
    this.users = new Users(this.#calls);
    this.tokens = new Tokens(this.#calls);
    this.conversations = new Conversations(this.#calls);
    this.spaces = new Spaces(this.#calls);
    this.messages = new Messages(this.#calls);
    this.hooks = new Hooks(this.#calls);
  }

  /** Calls as a user: any call of v1 that the user may make. Scope `act`. */
  as(ref: Ref): Acting {
    return this.#calls.as(ref);
  }

  /**
   * Any call with the key, as /openapi.json has it.
   * @throws {ParleyError} the call was refused, or had no answer
   */
  call<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    ...input: Record<never, never> extends Input<M, P>
      ? [input?: Input<M, P>, options?: CallOptions]
      : [input: Input<M, P>, options?: CallOptions]
  ): Promise<Output<M, P>> {
    return this.#calls.call(method, path, ...input);
  }
}
