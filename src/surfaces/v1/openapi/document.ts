import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import manifest from "../../../../package.json" with { type: "json" };
import { ExportedContent, ExportRecord } from "../../../domain/data/records.ts";
import { ErrorCode } from "../../../domain/errors.ts";
import type { AppEnv } from "../../../http/env.ts";
import { REQUEST_ID } from "../../../http/request-log.ts";
import { DeviceClientFrame, RoomClientFrame } from "../frames/client.ts";
import { DeviceServerFrame } from "../frames/device-server.ts";
import { RoomServerFrame } from "../frames/server.ts";
import { codesOf, Problem, problemResponse, problems, responseName } from "../problems.ts";
import { ABOUT, SECURITY_SCHEMES, TAGS } from "./about.ts";
import { addExamples } from "./examples.ts";
import { normalize } from "./normalize.ts";

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

/** The origin of a document that nobody has asked for over HTTP. */
const SOME_ORIGIN = "https://chat.example.org";

/**
 * Parley's OpenAPI 3.1 document, generated from the schemas by which the routes of `router` check requests.
 * The frames of sockets are among its schemas.
 * @param origin of the server, as its clients see it
 */
export function describe(router: OpenAPIHono<AppEnv>, origin = SOME_ORIGIN): Document {
  for (const [name, schema] of Object.entries(SCHEMAS)) router.openAPIRegistry.register(name, schema);
  for (const [name, schema] of Object.entries(recordSchemas()))
    router.openAPIRegistry.registerComponent("schemas", name, schema);
  const document = normalize(
    router.getOpenAPI31Document({
      openapi: "3.1.0",
      info: { title: "Parley", version: manifest.version, description: ABOUT, license: LICENSE },
      servers: serversOf(origin),
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    }),
  );
  // This one belongs to no operation: it is the answer to an unknown path.
  const failures = new Map<string, ErrorCode[]>([["not_found", ["not_found"]]]);
  for (const { path, operation } of operations(document)) {
    operation.responses = withSharedFailures(path, operation);
    operation.security ??= [];
    addExamples(operation, document.components?.schemas ?? {});
    for (const response of Object.values(operation.responses)) {
      const codes = codesOf(response);
      if (codes.length > 0) failures.set(responseName(codes), codes);
    }
  }
  const responses = [...failures].map(([name, codes]) => [name, normalize(problemResponse(codes))]);
  document.components = {
    ...document.components,
    responses: Object.fromEntries(responses),
    headers: { [REQUEST_ID]: REQUEST_ID_HEADER },
    securitySchemes: SECURITY_SCHEMES,
  };
  for (const { operation } of operations(document)) addRequestId(operation.responses ?? {});
  addRequestId(document.components.responses ?? {});
  return document;
}

/** The servers of a document: the one with this origin. */
export function serversOf(origin: string) {
  return [{ url: origin, description: "This server" }];
}

/** Schemas that no route refers to: every failure has the first, sockets speak the others. */
const SCHEMAS = { Problem, RoomClientFrame, RoomServerFrame, DeviceClientFrame, DeviceServerFrame };

/** An SPDX expression. A licence that SPDX does not list is named so. */
const LICENSE = {
  name: manifest.license,
  identifier: manifest.license === "UNLICENSED" ? "LicenseRef-UNLICENSED" : manifest.license,
};

const REQUEST_ID_HEADER = {
  required: true,
  description: "The id of the request. The server's log has it, so name it when you report a problem",
  schema: { type: "string" as const, pattern: "^[\\w-]{8,64}$" },
};

/** Adds the header of all answers to each response, but for a 101, which passes unchanged. In place. */
export function addRequestId(responses: Responses): void {
  for (const [status, response] of Object.entries(responses)) {
    if (status === "101" || response.$ref !== undefined) continue;
    const headers = { ...response.headers, [REQUEST_ID]: { $ref: `#/components/headers/${REQUEST_ID}` } };
    Object.assign(response, { headers });
  }
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
  if (security?.some((one) => "server_key" in one)) shared.push("forbidden");
  // A key may act as a user, whom the header `Parley-User` names.
  const isOfUser = security?.some((one) => "bearer" in one) && !path.startsWith("/v1/moderation/");
  if (isOfUser && security?.some((one) => "server_key" in one))
    shared.push("validation_failed", "suspended", "not_found");
  if (requestBody) shared.push("validation_failed", "too_large");
  const own = Object.values(responses).flatMap(codesOf);
  // Successes, and the failures of a call that has its own shape for them.
  const shaped = Object.entries(responses).filter(([, response]) => codesOf(response).length === 0);
  return {
    ...problems(...ErrorCode.options.filter((code) => own.includes(code) || shared.includes(code))),
    ...Object.fromEntries(shaped),
  };
}

/** These paths are answered by the Worker alone: no storage can be unavailable. */
const REFERENCE = new Set(["/openapi.json", "/asyncapi.json"]);

/** Any JSON, as the generator refers to it. */
const ANY = /\{"\$ref":"#\/\$defs\/__schema\d+"\}/g;

const Parts = z.looseObject({ $schema: z.unknown(), $defs: z.unknown() });

/** The schemas of lines and of the content of messages. */
function recordSchemas(): Record<string, object> {
  return {
    ExportRecord: withContent(
      schemaOf(ExportRecord, "A line of JSON Lines: a record that others name by its external id"),
    ),
    ExportedContent: schemaOf(ExportedContent, "Kind and body of a message in an export or an import"),
  };
}

/**
 * The JSON Schema of a part of exports and imports. Zod's own generator makes it: the one of the document
 * knows no JSON inside of JSON.
 */
function schemaOf(schema: z.ZodType, description: string): object {
  const generated = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      if (zodSchema._zod.def.type !== "lazy") return;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
    },
  });
  const json = JSON.stringify(generated).replaceAll(ANY, "{}");
  const { $schema: _, $defs: __, ...rest } = Parts.parse(JSON.parse(json));
  return { description, ...rest };
}

const Records = z.looseObject({
  oneOf: z.array(z.looseObject({ properties: z.looseObject({ message: z.looseObject({}).optional() }) })),
});

/** The schema of records, whose messages have exported content, unless they are revoked. */
function withContent(schema: object): object {
  const { oneOf, ...rest } = Records.parse(schema);
  const content = { anyOf: [{ $ref: "#/components/schemas/ExportedContent" }, { required: ["revoked"] }] };
  const withOne = (one: (typeof oneOf)[number]) => {
    const { message, ...others } = one.properties;
    return message ? { ...one, properties: { ...others, message: { ...message, ...content } } } : one;
  };
  return { ...rest, oneOf: oneOf.map(withOne) };
}
