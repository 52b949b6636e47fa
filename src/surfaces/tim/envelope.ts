import type { Context } from "hono";

/**
 * A success as this API tells it.
 * @param beside what stands beside `data`, as the pages of messages have it
 */
export function succeed(c: Context, data: unknown, beside: object = {}): Response {
  return c.json({ code: 0, msg: "", data, ...beside });
}
