import type { Context } from "hono";

/** The fields of every success. */
export const SUCCESS = { code: 0, info: "Succeed" };

/** A success in this API's envelope: its fields are beside the code. */
export function succeed(c: Context, fields: object): Response {
  return c.json({ ...SUCCESS, ...fields });
}
