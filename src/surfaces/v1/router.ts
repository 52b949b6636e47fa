import { OpenAPIHono } from "@hono/zod-openapi";
import type { ZodError } from "zod";
import { CoreError } from "../../domain/errors.ts";
import type { AppEnv } from "../../http/env.ts";

/** What people call the parts of a request which validators name `json` and `param`. */
const PARTS: Record<string, string> = { json: "body", param: "path" };

type Checked = { target: string } & ({ success: true } | { success: false; error: Pick<ZodError, "issues"> });

/** What a schema refuses becomes one `validation_failed` problem that names every input. */
export function refuseInvalid(result: Checked): void {
  if (result.success) return;
  const part = PARTS[result.target] ?? result.target;
  const errors = result.error.issues.map((issue) => ({
    path: [part, ...issue.path.map(String)].join("."),
    message: issue.message,
  }));
  throw new CoreError("validation_failed", "Some inputs are not valid; `errors` names them.", { errors });
}

/** A router of v1. */
export function v1Router() {
  return new OpenAPIHono<AppEnv>({ strict: false, defaultHook: refuseInvalid });
}
