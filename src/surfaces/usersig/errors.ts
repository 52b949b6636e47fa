import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorCode, Failure } from "../../domain/errors.ts";

/** How a failure is written. */
interface WireFailure {
  /** the API's own code */
  code: number;
  /** the text of `message` before the detail */
  reason: string;
  /** the HTTP status; 200 if absent, since clients of the document expect it */
  status?: ContentfulStatusCode;
}

/** How each failure is written, by code. */
const WIRE_FAILURES: Record<ErrorCode, WireFailure> = {
  validation_failed: { code: 400, reason: "参数有误" },
  unauthenticated: { code: 403, reason: "user_sig 验证失败" },
  forbidden: { code: 403, reason: "没有权限" },
  suspended: { code: 403, reason: "账号已被停用" },
  refused: { code: 403, reason: "消息被拒绝" },
  held: { code: 403, reason: "消息等待审核" },
  muted: { code: 403, reason: "已被禁言" },
  slow_mode: { code: 403, reason: "慢速模式，发言过于频繁" },
  blocked: { code: 403, reason: "已被屏蔽" },
  not_found: { code: 404, reason: "不存在" },
  no_such_path: { code: 404, reason: "接口不存在", status: 404 },
  method_not_allowed: { code: 405, reason: "请求方式有误", status: 405 },
  not_forwardable: { code: 400, reason: "无法转发" },
  conflict: { code: 400, reason: "冲突" },
  group_full: { code: 400, reason: "群聊人数已满" },
  full: { code: 500, reason: "存储空间已满", status: 507 },
  already_handled: { code: 400, reason: "已处理" },
  too_late: { code: 400, reason: "已超过时限" },
  reset: { code: 400, reason: "请重新加载" },
  upgrade_required: { code: 426, reason: "需要 WebSocket", status: 426 },
  too_large: { code: 400, reason: "大小超限" },
  range_not_satisfiable: { code: 416, reason: "范围有误", status: 416 },
  rate_limited: { code: 429, reason: "请求过于频繁", status: 429 },
  quota: { code: 429, reason: "已超过配额", status: 429 },
  locked: { code: 429, reason: "已被锁定", status: 429 },
  internal: { code: 500, reason: "服务器内部错误", status: 500 },
  unavailable: { code: 503, reason: "服务暂不可用", status: 503 },
};

/** The code for a name that belongs to a user with a password: the service must not take it for its own. */
const NAME_OF_OTHER = 409;

/** The message that the document prescribes for a file that is too large. */
const FILE_TOO_LARGE = "文件大小超限：file: 限制20M以内";

/** `code` and `message` of a failure, for answers and frames. */
export function failureOf({ code, detail, data }: Failure): { code: number; message: string } {
  if (data?.takenBy === "password")
    return { code: NAME_OF_OTHER, message: `${WIRE_FAILURES[code].reason}：${detail}` };
  const { code: wireCode, reason } = data?.gone ? WIRE_FAILURES.not_found : WIRE_FAILURES[code];
  return { code: wireCode, message: `${reason}：${detail}` };
}

/** The answer to a failure in this API's envelope: `{"code":400,"message":"参数有误：…","data":{}}`. */
export function refuse(c: Context, failure: Failure): Response {
  const { status = 200 } = WIRE_FAILURES[failure.code];
  const { retryAfter } = failure.data ?? {};
  if (retryAfter) c.header("Retry-After", String(retryAfter));
  const isFile = failure.code === "too_large" && c.req.path.startsWith("/file/");
  if (isFile) return c.json({ code: 400, message: FILE_TOO_LARGE, data: {} });
  return c.json({ ...failureOf(failure), data: {} }, status);
}
