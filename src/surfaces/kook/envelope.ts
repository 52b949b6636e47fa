import type { Context } from "hono";

/** A success in this API's envelope. */
export function succeed(c: Context, data: unknown): Response {
  return c.json({ code: 0, message: "操作成功", data });
}
