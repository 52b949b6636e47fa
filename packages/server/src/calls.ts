import { Api, address, type CallOptions } from "../../client/src/api/api.ts";
import type { paths } from "../../client/src/api/openapi.d.ts";
import type { AnyInput, Input, Method, Output, PathOf } from "../../client/src/api/operations.ts";
import { Problem } from "../../client/src/api/problem.ts";
import { ParleyError } from "./parley-error.ts";
import type { Ref } from "./ref.ts";

export type { CallOptions } from "../../client/src/api/api.ts";

/** Makes the requests: `fetch`, or what stands for it, as a service binding of a Worker. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The first pause before a repeat, in ms; each further one is twice as long. */
const FIRST_PAUSE = 250;

/** Calls as a user: `parley.as(ref)`. */
export type Acting = Pick<Calls, "call">;

/** Makes the calls of API v1 with a server key. */
export class Calls {
  readonly #api: Api;
  readonly #headers: Record<string, string>;
  readonly #fetch: Fetch;

  constructor(api: Api, send: Fetch, headers: Record<string, string> = {}) {
    this.#api = api;
    this.#fetch = send;
    this.#headers = headers;
  }

  static open(url: string, key: string, send: Fetch = fetch): Calls {
    return new Calls(new Api(/^.*[^/]/s.exec(url)?.[0] ?? "", () => key, FIRST_PAUSE), send);
  }

  /** The same key, as a user. */
  as(ref: Ref): Calls {
    return new Calls(this.#api, this.#fetch, { "Parley-User": encodeURIComponent(ref) });
  }

  /**
   * Makes a call. Repeated after a 429, and after a 5xx or a lost connection if it is a `get`, a `put`, or
   * has a `client_msg_id`; `retry` decides otherwise.
   * @param input `path`, `query` and `body`, as the path has them in /openapi.json
   * @returns what the call answers
   * @throws {ParleyError} the call was refused, or had no answer
   */
  async call<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    ...[input, options]: Record<never, never> extends Input<M, P>
      ? [input?: Input<M, P>, options?: CallOptions]
      : [input: Input<M, P>, options?: CallOptions]
  ): Promise<Output<M, P>>;
  async call(
    method: Method,
    path: keyof paths,
    { body, ...input }: AnyInput = {},
    options: CallOptions = {},
  ): Promise<unknown> {
    const isNamed = Object(body).client_msg_id !== undefined;
    try {
      return await this.#api.request(method, address(path, input), {
        ...(isNamed && { retry: true }),
        ...options,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        headers: { ...this.#headers, ...(body !== undefined && { "Content-Type": "application/json" }) },
        send: this.#fetch,
      });
    } catch (cause) {
      throw cause instanceof Problem ? new ParleyError(cause) : cause;
    }
  }

  /**
   * Deletes something by a call that may be repeated. A repeat may find it gone: the answer to an earlier try
   * was lost.
   * @throws as `call`
   */
  async remove(deletion: (calls: Acting) => Promise<unknown>): Promise<void> {
    let tries = 0;
    const counting = new Calls(
      this.#api,
      (url, init) => {
        tries++;
        return this.#fetch(url, init);
      },
      this.#headers,
    );
    try {
      await deletion(counting);
    } catch (error) {
      if (tries < 2 || !(error instanceof ParleyError) || error.code !== "not_found") throw error;
    }
  }
}
