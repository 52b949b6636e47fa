import type { Context } from "hono";
import type { z } from "zod";
import type { CallerEnv } from "../../http/env.ts";
import { bodyFields, checked } from "../../http/fields.ts";
import { BODY } from "./schemas/common.ts";

/**
 * The body of a call, parsed by its schema.
 * @throws `validation_failed`, `too_large`
 */
export async function parseBody<T>(c: Context<CallerEnv>, schema: z.ZodType<T>): Promise<T> {
  return checked(schema, await bodyFields(c.req.raw, BODY));
}
