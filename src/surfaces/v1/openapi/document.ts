import type { OpenAPIHono } from "@hono/zod-openapi";
import manifest from "../../../../package.json" with { type: "json" };
import { ErrorCode } from "../../../domain/errors.ts";
import type { AppEnv } from "../../../http/env.ts";
import { codesOf, Problem, problemResponse, problems, responseName } from "../schemas/problems.ts";
import { ABOUT, SECURITY_SCHEMES, TAGS } from "./about.ts";

export type Document = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;
type PathItem = NonNullable<Document["paths"]>[string];
export type Operation = NonNullable<PathItem["get"]>;
export type Responses = NonNullable<Operation["responses"]>;

/** The methods which a path may take, in the order in which they are shown. */
const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** An operation of the document with where it stands. */
export interface Placed {
  method: (typeof METHODS)[number];
  path: string;
  operation: Operation;
}

/** Parley's OpenAPI 3.1 document, made from the schemas by which the routes of `router` check requests. */
export function describe(router: OpenAPIHono<AppEnv>): Document {
  router.openAPIRegistry.register("Problem", Problem);
  const document = router.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Parley", version: manifest.version, description: ABOUT },
    servers: [{ url: "/", description: "The server that you have this from" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  });
  // Those of a path that there is not, or not with this method, stand at no operation.
  const named = new Map<string, ErrorCode[]>([
    ["not_found", ["not_found"]],
    ["method_not_allowed", ["method_not_allowed"]],
  ]);
  for (const { path, operation } of operations(document)) {
    operation.responses = withUsual(path, operation);
    for (const response of Object.values(operation.responses)) {
      const codes = codesOf(response);
      if (codes.length > 0) named.set(responseName(codes), codes);
    }
  }
  document.components = {
    schemas: withIntegers(document.components?.schemas ?? {}),
    responses: Object.fromEntries([...named].map(([name, codes]) => [name, problemResponse(codes)])),
    securitySchemes: SECURITY_SCHEMES,
  };
  document.paths = withIntegers(document.paths ?? {});
  return document;
}

/** Every operation of a document. */
export function operations({ paths = {} }: Document): Placed[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method, path, operation }] : [];
    }),
  );
}

/** The responses of an operation, with the failures which it shares with others: named here, at no route. */
function withUsual(path: string, { responses = {}, security, requestBody }: Operation): Responses {
  const usual: ErrorCode[] = ["internal"];
  if (path.startsWith("/v1/")) usual.push("rate_limited");
  if (!REFERENCE.has(path)) usual.push("unavailable");
  if (security) usual.push("unauthenticated");
  if (requestBody) usual.push("validation_failed", "too_large");
  const own = Object.values(responses).flatMap(codesOf);
  const successes = Object.entries(responses).filter(([, response]) => codesOf(response).length === 0);
  return {
    ...Object.fromEntries(successes),
    ...problems(...ErrorCode.options.filter((code) => own.includes(code) || usual.includes(code))),
  };
}

/** What these answer is in the Worker itself: no storage can be away. */
const REFERENCE = new Set(["/openapi.json", "/docs"]);

/** Says of each integer how wide it may be, which zod does not tell, and its bound as people do. */
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
