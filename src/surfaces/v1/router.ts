import { OpenAPIHono } from "@hono/zod-openapi";
import { CoreError } from "../../core/errors.ts";
import type { AppEnv } from "../../http/env.ts";

/** A router of v1: what its schemas refuse becomes one `validation_failed` problem. */
export function v1Router() {
  return new OpenAPIHono<AppEnv>({
    strict: false,
    defaultHook: (result) => {
      if (result.success) return;
      const errors = result.error.issues.map((issue) => ({
        path: [result.target, ...issue.path].join("."),
        message: issue.message,
      }));
      throw new CoreError("validation_failed", "Some inputs are not valid; `errors` names them.", { errors });
    },
  });
}
