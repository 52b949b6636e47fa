import type { Context } from "hono";

/** A success as this API tells it. */
export function succeed(c: Context, data: unknown): Response {
  return c.json({ code: 0, message: "操作成功", data });
}
