import type { OpenAPIHono } from "@hono/zod-openapi";
import manifest from "../../../../package.json" with { type: "json" };
import { ErrorCode } from "../../../domain/errors.ts";
import type { AppEnv } from "../../../http/env.ts";
import { codesOf, Problem, problemResponse, problems, responseName } from "../schemas/problems.ts";
import { ABOUT, SECURITY_SCHEMES, TAGS } from "./about.ts";

/** An OpenAPI 3.1 document. */
export type Document = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;
type PathItem = NonNullable<Document["paths"]>[string];
/** An operation: one method of one path. */
export type Operation = NonNullable<PathItem["get"]>;
/** The responses of an operation, by status. */
export type Responses = NonNullable<Operation["responses"]>;

/** The methods of operations, in the order of the reference. */
const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** An operation of the document, with its method and path. */
export interface PlacedOperation {
  method: (typeof METHODS)[number];
  path: string;
  operation: Operation;
}

/**
 * Parley's OpenAPI 3.1 document, generated from the schemas by which the routes of `router` check requests.
 */
export function describe(router: OpenAPIHono<AppEnv>): Document {
  router.openAPIRegistry.register("Problem", Problem);
  const document = router.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Parley", version: manifest.version, description: ABOUT },
    servers: [{ url: "/", description: "This server" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  });
  // These two belong to no operation: an unknown path, an unsupported method.
  const failures = new Map<string, ErrorCode[]>([
    ["not_found", ["not_found"]],
    ["method_not_allowed", ["method_not_allowed"]],
  ]);
  for (const { path, operation } of operations(document)) {
    operation.responses = withSharedFailures(path, operation);
    for (const response of Object.values(operation.responses)) {
      const codes = codesOf(response);
      if (codes.length > 0) failures.set(responseName(codes), codes);
    }
  }
  document.components = {
    schemas: withIntegers(document.components?.schemas ?? {}),
    responses: Object.fromEntries([...failures].map(([name, codes]) => [name, problemResponse(codes)])),
    securitySchemes: SECURITY_SCHEMES,
  };
  document.paths = withIntegers(document.paths ?? {});
  return document;
}

/** Every operation of a document, by path and method. */
export function operations({ paths = {} }: Document): PlacedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method, path, operation }] : [];
    }),
  );
}

/**
 * The responses of an operation, with the failures that all operations of its kind share and no route lists.
 */
function withSharedFailures(path: string, { responses = {}, security, requestBody }: Operation): Responses {
  const shared: ErrorCode[] = ["internal"];
  if (path.startsWith("/v1/")) shared.push("rate_limited");
  if (!REFERENCE.has(path)) shared.push("unavailable");
  if (security) shared.push("unauthenticated");
  if (requestBody) shared.push("validation_failed", "too_large");
  const own = Object.values(responses).flatMap(codesOf);
  const successes = Object.entries(responses).filter(([, response]) => codesOf(response).length === 0);
  return {
    ...Object.fromEntries(successes),
    ...problems(...ErrorCode.options.filter((code) => own.includes(code) || shared.includes(code))),
  };
}

/** These paths are answered by the Worker alone: no storage can be unavailable. */
const REFERENCE = new Set(["/openapi.json", "/docs"]);

/**
 * Adds `format: int64` to each integer, which zod leaves out, and writes `exclusiveMinimum: 0` as `minimum:
 * 1`. In place.
 */
function withIntegers<Part>(part: Part): Part {
  if (typeof part !== "object" || part === null) return part;
  if ("type" in part && part.type === "integer") {
    Object.assign(part, { format: "int64" });
    if ("exclusiveMinimum" in part && part.exclusiveMinimum === 0) {
      Object.assign(part, { minimum: 1 });
      delete part.exclusiveMinimum;
    }
  }
  for (const inner of Object.values(part)) withIntegers(inner);
  return part;
}
