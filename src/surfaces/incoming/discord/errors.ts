import type { Context } from "hono";
import type { Failure } from "../../../domain/errors.ts";
import { statusOf } from "../errors.ts";

/** Numbers and words of Discord that its libraries know. */
const UNKNOWN_CHANNEL = { code: 10_003, message: "Unknown Channel" };
const UNKNOWN_MESSAGE = { code: 10_008, message: "Unknown Message" };
const UNKNOWN_WEBHOOK = { code: 10_015, message: "Unknown Webhook" };
const EMPTY_MESSAGE = { code: 50_006, message: "Cannot send an empty message" };
const INVALID_FORM = { code: 50_035, message: "Invalid Form Body" };
const NUMBERS: Partial<Record<Failure["code"], number>> = {
  ...{ too_large: 40_005, forbidden: 50_013, refused: 200_000 },
};

/** The answer to a failure, as Discord answers. */
export function refuse(c: Context, failure: Failure): Response {
  const { status, headers } = statusOf(failure);
  return c.json(bodyOf(failure, c.req.method), status, headers);
}

function bodyOf({ code, detail, data }: Failure, method: string): object {
  switch (code) {
    case "not_found":
      if (data?.missing !== "message") return UNKNOWN_WEBHOOK;
      // What a post may name is a thread alone.
      return method === "POST" ? UNKNOWN_CHANNEL : UNKNOWN_MESSAGE;
    case "validation_failed":
      if (data?.absent) return EMPTY_MESSAGE;
      return { ...INVALID_FORM, errors: treeOf(data?.errors ?? [{ path: "", message: detail }]) };
    default: {
      const retry = data?.retryAfter === undefined ? {} : { retry_after: data.retryAfter, global: false };
      return { message: detail, code: NUMBERS[code] ?? 0, ...retry };
    }
  }
}

/** The fields that are wrong: each has `_errors`. */
function treeOf(errors: readonly { path: string; message: string }[]): object {
  const wrong = errors.map(({ path, message }) => {
    const own = { _errors: [{ code: "BASE_TYPE_BAD", message }] };
    const field = path.replace(/^body\.?/, "");
    return field === "" ? own : { [field]: own };
  });
  return Object.assign({}, ...wrong);
}
