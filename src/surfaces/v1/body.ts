import type { MiddlewareHandler } from "hono";
import { LIMITS } from "../../domain/limits.ts";
import { jsonBody } from "../../http/body.ts";
import type { AppEnv } from "../../http/env.ts";

/**
 * Reads the JSON body of a v1 call, at most `LIMITS.writtenBytes`. It runs after `authenticated`, so that 401
 * comes first.
 */
export const v1Body: MiddlewareHandler<AppEnv> = jsonBody(LIMITS.writtenBytes);
