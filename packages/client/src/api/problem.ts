import type { components } from "./openapi.d.ts";

/** The body of a refusal; that of an edit has the `message` as it is now. */
export type ProblemBody = components["schemas"]["Problem"] &
  Partial<Pick<components["schemas"]["EditConflict"], "message">>;

/** What went wrong: a code of the server, or `no_answer` if the server could not be reached. */
export type FailureCode = ProblemBody["code"] | "no_answer";

/** A call that failed. Decide by `code`; `message` is for people. */
export class Problem extends Error {
  override readonly name = "Problem";
  declare readonly code: FailureCode;
  /** the HTTP status; 0: no answer */
  declare readonly status: number;
  /** why, in the words of the server, if it has given any */
  declare readonly detail: string | undefined;
  /** seconds after which the call may be repeated */
  declare readonly retryAfter: number | undefined;
  /** the inputs that are not valid */
  declare readonly errors: ProblemBody["errors"];
  /** the message as it is now, after a refused edit */
  declare readonly current: ProblemBody["message"];

  constructor(status: number, body: Partial<ProblemBody>, retryAfter?: number) {
    super(body.detail ?? `status ${status}`);
    const code = status ? "internal" : "no_answer";
    Object.assign(this, { code, ...body, status, retryAfter, current: body.message, message: this.message });
  }
}

/** Whether the same call may succeed a little later. */
export function isTemporary(code: string): boolean {
  return ["rate_limited", "unavailable", "internal", "no_answer"].includes(code);
}
