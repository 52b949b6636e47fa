import type { FailureCode, Problem } from "../../client/src/api/problem.ts";

/** What went wrong: a code of the server, or `no_answer` if the server could not be reached. */
export type ErrorCode = FailureCode;

/** A call that failed. Decide by `code`; `detail` is for people. */
export class ParleyError extends Error {
  override readonly name = "ParleyError";
  readonly code: ErrorCode;
  /** the HTTP status; 0: no answer */
  readonly status: number;
  readonly detail: string;
  /** the inputs that are not valid, each with its path */
  readonly errors: Problem["errors"];
  /** seconds after which the call may be repeated */
  readonly retryAfter: number | undefined;

  constructor({ code, status, message, errors, retryAfter }: Problem) {
    super(message);
    this.code = code;
    this.status = status;
    this.detail = message;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }
}
