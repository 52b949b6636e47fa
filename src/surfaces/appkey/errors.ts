import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorCode, Failure } from "../../domain/errors.ts";

/** The text of `msg` before the detail, and the HTTP status (200 if absent), by code. */
const REASONS: Record<ErrorCode, { reason: string; status?: ContentfulStatusCode }> = {
  validation_failed: { reason: "参数有误" },
  unauthenticated: { reason: "未授权" },
  forbidden: { reason: "没有权限" },
  suspended: { reason: "账号已被停用" },
  refused: { reason: "消息被拒绝" },
  held: { reason: "消息等待审核" },
  muted: { reason: "已被禁言" },
  slow_mode: { reason: "慢速模式，发言过于频繁" },
  blocked: { reason: "已被屏蔽" },
  not_found: { reason: "不存在" },
  no_such_path: { reason: "接口不存在", status: 404 },
  method_not_allowed: { reason: "请求方式有误", status: 405 },
  not_forwardable: { reason: "无法转发" },
  conflict: { reason: "冲突" },
  group_full: { reason: "群组已满" },
  full: { reason: "存储空间已满", status: 507 },
  already_handled: { reason: "已处理" },
  too_late: { reason: "已超过时限" },
  reset: { reason: "请重新加载" },
  upgrade_required: { reason: "需要 WebSocket", status: 426 },
  too_large: { reason: "内容过大", status: 413 },
  range_not_satisfiable: { reason: "范围有误", status: 416 },
  rate_limited: { reason: "请求过于频繁", status: 429 },
  quota: { reason: "已超过配额", status: 429 },
  locked: { reason: "已被锁定", status: 429 },
  internal: { reason: "服务器内部错误", status: 500 },
  unavailable: { reason: "服务暂不可用", status: 503 },
};

/** This API's names of the core's fields. */
const NAMES: Record<string, string> = { "body.user_id": "passiveuser" };

/** The answer to a failure in this API's envelope: `{"code":1,"msg":"不成功：…","data":null}`. */
export function refuse(c: Context, { code, detail, data }: Failure): Response {
  const { reason, status = 200 } = REASONS[code];
  if (data?.retryAfter) c.header("Retry-After", String(data.retryAfter));
  const fieldErrors = data?.errors
    ?.map(({ path, message }) => `${NAMES[path] ?? path}: ${message}`)
    .join("; ");
  return c.json({ code: 1, msg: `不成功：${reason}：${fieldErrors ?? detail}`, data: null }, status);
}
