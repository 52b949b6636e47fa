import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorCode, Failure, Missing } from "../../domain/errors.ts";

/** The codes that no table of the API's document has. */
const NO_ACTION = -1;
const BAD_PARAMETER = -2;
const BAD_METHOD = -3;
const FAULT = -4;
const TOO_MANY = -5;

/** How a failure is written, unless the action's table has a code for it. */
interface Refusal {
  code: number;
  /** 400 if absent */
  status?: ContentfulStatusCode;
}

const REFUSALS: Record<ErrorCode, Refusal> = {
  validation_failed: { code: BAD_PARAMETER },
  unauthenticated: { code: 1, status: 401 },
  forbidden: { code: BAD_PARAMETER },
  suspended: { code: BAD_PARAMETER },
  refused: { code: BAD_PARAMETER },
  held: { code: BAD_PARAMETER },
  muted: { code: BAD_PARAMETER },
  slow_mode: { code: TOO_MANY, status: 429 },
  blocked: { code: BAD_PARAMETER },
  not_found: { code: BAD_PARAMETER },
  no_such_path: { code: NO_ACTION, status: 404 },
  method_not_allowed: { code: BAD_METHOD, status: 405 },
  not_forwardable: { code: BAD_PARAMETER },
  conflict: { code: BAD_PARAMETER },
  group_full: { code: BAD_PARAMETER },
  full: { code: FAULT, status: 507 },
  already_handled: { code: BAD_PARAMETER },
  too_late: { code: BAD_PARAMETER },
  reset: { code: BAD_PARAMETER },
  upgrade_required: { code: BAD_PARAMETER },
  too_large: { code: BAD_PARAMETER },
  range_not_satisfiable: { code: BAD_PARAMETER },
  rate_limited: { code: TOO_MANY, status: 429 },
  quota: { code: TOO_MANY, status: 429 },
  locked: { code: TOO_MANY, status: 429 },
  internal: { code: FAULT, status: 500 },
  unavailable: { code: FAULT, status: 503 },
};

/** An action's own codes, by what is missing or by the code of the core. */
type Table = { [Reason in Missing | ErrorCode]?: number };

const IN_CONVERSATION: Table = { conversation: 2, membership: 3 };

/** The tables of the document, by action. Each also has 1: unauthenticated. */
const TABLES: Record<string, Table> = {
  get_or_create_private_conversation: { user: 2, friendship: 3 },
  create_group_conversation: { user: 2, friendship: 3, blocked: 3 },
  set_validation: IN_CONVERSATION,
  secondary_validate: { forbidden: 2 },
  set_sticky_conversation: IN_CONVERSATION,
  set_silent_conversation: IN_CONVERSATION,
  set_read_message: { conversation: 2, message: 3 },
  query_all_records: IN_CONVERSATION,
  query_by_sender: IN_CONVERSATION,
  query_by_content: IN_CONVERSATION,
  query_by_type: { ...IN_CONVERSATION, not_found: 4 },
};

/** This API's names of the core's fields. */
const NAMES: Record<string, string> = { "body.member_ids": "members" };

/** The answer to a failure in this API's envelope: `{"code":2,"info":"…"}`. */
export function refuse(c: Context, { code, detail, data }: Failure): Response {
  const [, action = ""] = /^\/user\/([^/]+)/.exec(c.req.path) ?? [];
  const { code: defaultCode, status = 400 } = REFUSALS[code];
  const table = TABLES[action];
  const actionCode = (data?.missing && table?.[data.missing]) ?? table?.[code];
  if (data?.retryAfter) c.header("Retry-After", String(data.retryAfter));
  const fieldErrors = data?.errors
    ?.map(({ path, message }) => `${NAMES[path] ?? path}: ${message}`)
    .join("; ");
  return c.json({ code: actionCode ?? defaultCode, info: fieldErrors ?? detail }, status);
}
