import type { Context } from "hono";

/** What every success has besides its own fields. */
export const SUCCESS = { code: 0, info: "Succeed" };

/** A success as this API tells it: its fields stand beside the code. */
export function succeed(c: Context, fields: object): Response {
  return c.json({ ...SUCCESS, ...fields });
}
