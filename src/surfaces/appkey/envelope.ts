import type { Context } from "hono";

/** A success in this API's envelope. */
export function succeed(c: Context, data: unknown): Response {
  return c.json({ code: 0, msg: "成功", data });
}
