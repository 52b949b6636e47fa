import type { Context } from "hono";

/**
 * A success in this API's envelope.
 * @param beside fields beside `data`, which pages of messages have
 */
export function succeed(c: Context, data: unknown, beside: object = {}): Response {
  return c.json({ code: 0, msg: "", data, ...beside });
}
