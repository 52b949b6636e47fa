import { trusted } from "../json.ts";
import type { paths } from "./openapi.d.ts";
import type { AnyInput, Input, Method, Output, PathOf } from "./operations.ts";
import { isTemporary, Problem, type ProblemBody } from "./problem.ts";

/** How often a call is made, if its failures are temporary. */
const ATTEMPTS = 4;
/** A call waits no longer than this before it is repeated, in ms. */
const MAX_PAUSE = 60_000;
/** A call without an answer ends after this time, in ms. */
const ANSWER_TIME = 30_000;

/** A newer token is asked for when one ends in less than this time, in ms. */
const MARGIN = 60_000;

/**
 * Gives the token of the user's session; `refused` is a token that the server no longer takes, or soon will
 * not.
 */
export type GetToken = (refused?: string) => Promise<string | null | undefined> | string | null | undefined;

/** How one call is made. */
export interface CallOptions {
  /** ends the call */
  signal?: AbortSignal;
  /** repeats the call after temporary failures; by itself a `get` and a `put` are repeated */
  retry?: boolean;
}

/** What a call reads of an answer. */
export interface Answer extends Pick<Response, "ok" | "status" | "text"> {
  headers: Pick<Headers, "get">;
}

/** How a call of `request` is made. */
export interface RequestOptions extends CallOptions, Omit<RequestInit, "signal"> {
  /** sends the bytes instead of `fetch`, with time limits and cancelling of its own */
  send?: (url: string, init: RequestInit) => Promise<Answer>;
}

/** Makes the calls of Parley's API v1. */
export class Api {
  readonly #base: string;
  readonly #getToken: GetToken;
  readonly #pause: number;
  #token: string | undefined;
  /** the token is asked for: once for all who need it */
  #asking: Promise<string | null | undefined> | undefined;

  /**
   * @param base the address of the server
   * @param pause the first pause before a repeat, in ms; each further one is twice as long
   */
  constructor(base: string, getToken: GetToken, pause: number) {
    this.#base = base;
    this.#getToken = getToken;
    this.#pause = pause;
  }

  /**
   * The token of the session.
   * @param refused the token that the server has refused: another one is asked for
   * @param renews a newer one is asked for if this one ends soon
   * @returns null: there is none, sign in again
   * @throws {Problem} what gets tokens has failed, or (`forbidden`) has given that of another user
   */
  async token(refused?: string, renews = false): Promise<string | null> {
    const { sub, exp = 0 } = claimsOf(this.#token);
    const left = exp * 1000 - Date.now();
    // By a clock that is wrong a token may have ended that the server takes.
    if (!this.#token || this.#token === refused || (renews && left > 0 && left < MARGIN)) {
      // What throws at once ends like what is rejected.
      this.#asking ??= Promise.resolve(this.#token)
        .then(this.#getToken)
        .catch((cause) => {
          throw new Problem(0, { detail: `${cause}` });
        })
        .finally(() => {
          this.#asking = undefined;
        });
      const token = await this.#asking;
      if (token && sub && claimsOf(token).sub !== sub) throw new Problem(0, { code: "forbidden" });
      this.#token = token || this.#token;
    }
    return (this.#token !== refused && this.#token) || null;
  }

  /** The address of a path, for a socket. */
  socketUrl(path: string): string {
    return this.#base.replace(/^http/, "ws") + path;
  }

  /**
   * Makes a call.
   * @param input `path`, `query` and `body`, as the path has them in /openapi.json
   * @returns what the call answers
   * @throws {Problem} the call was refused, or had no answer
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
    input: AnyInput = {},
    options: CallOptions = {},
  ): Promise<unknown> {
    // Of undefined JSON makes undefined: no body.
    return this.request(method, address(path, input), { ...options, body: JSON.stringify(input.body) });
  }

  /** Makes a call with a body of bytes or text. Shapes and errors are those of `call`. */
  async request<T>(
    method: Method,
    address: string,
    { retry = method === "get" || method === "put", signal, send = fetch, ...init }: RequestOptions,
  ): Promise<T> {
    let token = await this.token();
    for (let attempt = 1; ; attempt++) {
      // It may be ended in the pause, or while the token was asked for. React Native has no `throwIfAborted`.
      if (signal?.aborted) throw signal.reason ?? Error("aborted");
      // AbortSignal.any and AbortSignal.timeout are not in React Native.
      const aborting = new AbortController();
      const abort = () => aborting.abort();
      const timer = setTimeout(abort, ANSWER_TIME);
      signal?.addEventListener("abort", abort, aborting);
      let problem: Problem;
      try {
        const answer = await send(this.#base + address, {
          ...init,
          method: method.toUpperCase(),
          headers: { ...init.headers, ...(token && { Authorization: `Bearer ${token}` }) },
          signal: aborting.signal,
        });
        const text = await answer.text();
        if (answer.ok) return trusted(text || "null");
        const { headers, status } = answer;
        const retryAfter = Number(headers.get("Retry-After")) || undefined;
        // A proxy may answer with a page.
        problem = new Problem(status, text[0] === "{" ? trusted<ProblemBody>(text) : {}, retryAfter);
      } catch (cause) {
        problem = new Problem(0, { detail: `${address}: ${cause}` });
      } finally {
        clearTimeout(timer);
        // Ends the listening, too.
        abort();
      }
      if (signal?.aborted) continue;
      if (problem.code === "unauthenticated" && token) {
        token = await this.token(token);
        if (token) continue;
      }
      // A call that was refused for its rate has done nothing.
      const pause = Math.max((problem.retryAfter ?? 0) * 1000, jitter(this.#pause * 2 ** (attempt - 1)));
      const mayRepeat = isTemporary(problem.code) && (retry || problem.code === "rate_limited");
      if (!mayRepeat || attempt === ATTEMPTS || pause > MAX_PAUSE) throw problem;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/**
 * What a token says of itself: `sub`, the id of its user, and `exp`, its end in s since 1970. Nothing is
 * checked.
 */
export function claimsOf(token = ""): { sub?: string; exp?: number } {
  try {
    return trusted(atob(token.split(".")[1] ?? ""));
  } catch {
    return {};
  }
}

/** Half to all of a pause, so that clients that lost one server do not return at one moment. */
export function jitter(pause: number): number {
  return (pause * (1 + Math.random())) / 2;
}

/** The path of a call, with what it takes in the path and in the query. */
export function address(path: string, { path: places = {}, query = {} }: AnyInput): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(places[name] ?? ""));
  // Fields that are undefined are no parameters. The URLSearchParams of React Native encode nothing.
  const params = Object.entries(trusted<Record<string, string>>(JSON.stringify(query)))
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  return filled + (params && `?${params}`);
}
