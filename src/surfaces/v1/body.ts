import type { MiddlewareHandler } from "hono";
import { jsonBody } from "../../http/body.ts";
import type { AppEnv } from "../../http/env.ts";

/**
 * Reads the JSON body of a v1 call, at most 64 KiB. It runs after `authenticated`, so that 401 comes first.
 */
export const v1Body: MiddlewareHandler<AppEnv> = jsonBody(64 * 1024);
