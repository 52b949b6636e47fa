import { OpenAPIHono } from "@hono/zod-openapi";
import type { ZodError } from "zod";
import { CoreError } from "../../domain/errors.ts";
import type { AppEnv } from "../../http/env.ts";
import { MAX_ERRORS } from "../../http/fields.ts";

/** The names, for errors, of the parts of a request that validators call `json` and `param`. */
const PARTS: Record<string, string> = { json: "body", param: "path" };

type Checked = { target: string } & ({ success: true } | { success: false; error: Pick<ZodError, "issues"> });

/**
 * Does nothing for valid input.
 * @throws `validation_failed`, which names the first 20 invalid inputs
 */
export function refuseInvalid(result: Checked): void {
  if (result.success) return;
  const part = PARTS[result.target] ?? result.target;
  const errors = result.error.issues.slice(0, MAX_ERRORS).map((issue) => ({
    path: [part, ...issue.path.map(String)].join("."),
    message: issue.message,
  }));
  throw new CoreError("validation_failed", "Some inputs are not valid; `errors` names them.", { errors });
}

/** A router of v1: a trailing slash makes no difference, and invalid input is refused by `refuseInvalid`. */
export function v1Router() {
  return new OpenAPIHono<AppEnv>({ strict: false, defaultHook: refuseInvalid });
}
