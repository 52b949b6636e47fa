import type { Context } from "hono";
import { parseAccept } from "hono/utils/accept";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorCode, Failure, Missing } from "../../domain/errors.ts";
import type { AppEnv } from "../../http/env.ts";
import { exhausted, setQuotaHeaders } from "./quota.ts";

/** The languages of error messages. */
type Language = "zh" | "en";

/**
 * The language of an `Accept-Language`: English if it comes before Chinese. `*`, the default of libraries,
 * means Chinese.
 */
function languageOf(acceptLanguage: string | undefined): Language {
  for (const { type, q } of parseAccept(acceptLanguage ?? "")) {
    if (q === 0) continue;
    const [primary] = type.toLowerCase().split("-");
    if (primary === "en") return "en";
    if (primary === "zh" || primary === "*") return "zh";
  }
  return "zh";
}

/** A bad parameter, or an unknown id in it. */
const BAD = 40_000;
const REFUSED = 40_300;

/**
 * The Chinese message and the code of each failure. Codes of five digits are sent with status 200, since
 * libraries throw on other statuses before they read the code. Codes of three digits are the HTTP status,
 * too.
 */
const REASONS: Record<
  ErrorCode,
  { reason: string; code: typeof BAD | typeof REFUSED | ContentfulStatusCode }
> = {
  validation_failed: { reason: "参数有误", code: BAD },
  unauthenticated: { reason: "你的用户凭证不正确", code: 401 },
  forbidden: { reason: "没有权限", code: REFUSED },
  suspended: { reason: "账号已被停用", code: REFUSED },
  refused: { reason: "消息被拒绝", code: REFUSED },
  held: { reason: "消息等待审核", code: REFUSED },
  muted: { reason: "已被禁言", code: REFUSED },
  // As a mute: after a 429 libraries would wait with all calls.
  slow_mode: { reason: "慢速模式，发言过于频繁", code: REFUSED },
  blocked: { reason: "已被屏蔽", code: REFUSED },
  not_found: { reason: "内容不存在", code: BAD },
  no_such_path: { reason: "接口不存在", code: 404 },
  method_not_allowed: { reason: "请求方式有误", code: 405 },
  not_forwardable: { reason: "无法转发", code: REFUSED },
  conflict: { reason: "冲突", code: REFUSED },
  group_full: { reason: "群组已满", code: REFUSED },
  full: { reason: "存储空间已满", code: REFUSED },
  already_handled: { reason: "已处理", code: REFUSED },
  too_late: { reason: "已超过时限", code: REFUSED },
  reset: { reason: "请重新加载", code: REFUSED },
  upgrade_required: { reason: "需要 WebSocket", code: 426 },
  too_large: { reason: "内容过大", code: 413 },
  range_not_satisfiable: { reason: "范围有误", code: 416 },
  rate_limited: { reason: "请求过于频繁，请稍后再试", code: 429 },
  // Not a 429, after which libraries would wait with all calls.
  quota: { reason: "已超过配额", code: REFUSED },
  locked: { reason: "已被锁定，请稍后再试", code: 429 },
  internal: { reason: "服务器内部错误", code: 500 },
  unavailable: { reason: "服务暂不可用，请稍后再试", code: 503 },
};

const MISSING: Record<Missing, string> = {
  user: "用户不存在",
  conversation: "会话不存在",
  membership: "会话不存在",
  member: "成员不存在",
  message: "消息不存在",
  friendship: "不是好友",
  application: "申请不存在",
};

/** This API's names of the core's fields. */
const PARAMETERS: Record<string, string> = { "body.user_id": "target_id" };

/** The answer to a failure in this API's envelope: `{"code":40000,"message":"参数有误：page","data":{}}`. */
export function refuse(c: Context<AppEnv>, failure: Failure): Response {
  const { code } = REASONS[failure.code];
  const message = messageOf(failure, c);
  const status = code === BAD || code === REFUSED ? 200 : code;
  const data = failure.code === "unauthenticated" ? { name: "Unauthorized", status: 401 } : {};
  const { retryAfter } = failure.data ?? {};
  if (code === 429) {
    // Libraries wait by either header, so both state the same seconds.
    const quota = exhausted(c.var.core.timing.rateLimits, retryAfter);
    setQuotaHeaders(c, quota);
    c.header("Retry-After", String(quota.reset));
  } else if (retryAfter) c.header("Retry-After", String(retryAfter));
  return c.json({ code, message, data }, status);
}

/** `message`: in English with the invalid fields or the detail; in Chinese the reason with their names. */
function messageOf({ code, detail, data }: Failure, c: Context): string {
  const errors = (data?.errors ?? []).map(({ path, message }) => ({
    name: PARAMETERS[path] ?? path,
    message,
  }));
  const isEnglish = languageOf(c.req.header("Accept-Language")) === "en";
  if (isEnglish && errors.length > 0)
    return errors.map(({ name, message }) => `${name}: ${message}`).join("; ");
  // Faults of the server are for its operator.
  if (isEnglish || code === "internal") return detail;
  if (data?.missing) return MISSING[data.missing];
  const { reason } = REASONS[code];
  return errors.length > 0 ? `${reason}：${errors.map(({ name }) => name).join("、")}` : reason;
}
