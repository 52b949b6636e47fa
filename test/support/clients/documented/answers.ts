import { dereference, type Schema, validate } from "@cfworker/json-schema";
import { z } from "zod";
import { v1 } from "../../../../src/surfaces/v1/app.ts";
import {
  addRequestId,
  type Document,
  describe,
  operations,
  type Responses,
} from "../../../../src/surfaces/v1/openapi/document.ts";
import { problemResponse } from "../../../../src/surfaces/v1/problems.ts";
import { closeSchema } from "./strict-schema.ts";

/** An answer before its body is parsed. */
interface Answered {
  status: number;
  headers: Headers;
  /** the body; "" for none */
  text: string;
}

const BASE = new URL("https://parley.test/openapi.json");

/** Headers that do not depend on the call. */
const COMMON = /^(content-type|content-length|vary|x-content-type-options|access-control-.*)$/;

/** Headers that do not depend on the call unless its description lists them, with their value. */
const DEFAULTS: Record<string, string> = { "cache-control": "no-store" };

/** The documented answers to paths and methods without an operation. */
const UNMATCHED: Responses = {
  404: { $ref: "#/components/responses/not_found" },
  405: { $ref: "#/components/responses/method_not_allowed" },
};

const Reference = z.looseObject({ $ref: z.string() });
const Header = z.looseObject({ required: z.boolean().optional(), schema: z.custom<Schema>() });
const Response = z.looseObject({
  headers: z.record(z.string(), z.unknown()).optional(),
  content: z.record(z.string(), z.looseObject({ schema: z.custom<Schema>() })).optional(),
});

/**
 * Asserts that an answer is as `/openapi.json` documents it: status, content type, headers, each field of the
 * body and no other. An answer without an operation must be a 404 or 405 problem.
 * @throws an Error that lists the differences
 */
export function assertDocumented(method: string, path: string, answer: Answered): void {
  const flaws = flawsOf(method, path, answer);
  if (flaws.length === 0) return;
  throw new Error(
    [`${method} ${path} answered ${answer.status}, not as /openapi.json has it:`, ...flaws].join("\n  "),
  );
}

function flawsOf(method: string, path: string, { status, headers, text }: Answered): string[] {
  // The document does not list preflights.
  if (method === "OPTIONS" && status === 204) return [];
  const { document, lookup } = reference();
  const found = find(method === "HEAD" ? "get" : method.toLowerCase(), new URL(path, BASE).pathname);
  const responses = found?.operation.responses ?? UNMATCHED;
  const where = found ? `${found.operation.operationId} (${found.method} ${found.path})` : "no operation";
  const declared = responses[status];
  if (!declared) {
    const known = Object.keys(responses).join(", ");
    return [
      `${where} has no ${status}, only ${known}: add it to the route's \`responses\``,
      text.slice(0, 400),
    ];
  }
  const response = Response.parse(resolve(document, declared));
  const flaws = headerFlaws(document, response.headers ?? {}, headers);
  const types = Object.entries(response.content ?? {});
  const type = headers.get("Content-Type")?.split(";")[0] ?? "";
  const media = types.find(([name]) => name === type || name === "*/*")?.[1];
  if (types.length === 0) {
    if (text !== "") flaws.push(`${where}: its ${status} has no body, the answer has one`);
  } else if (!media) {
    flaws.push(
      `${where}: its ${status} is ${types.map(([name]) => name).join(" or ")}, the answer ${type || "nothing"}`,
    );
  } else if (method !== "HEAD") {
    const body: unknown = /[/+]json$/.test(type) ? JSON.parse(text) : text;
    const { errors } = validate(body, media.schema, "2020-12", lookup, false);
    // Errors of these keywords only repeat that a deeper one exists.
    const deepest = errors.filter(({ keyword }) => !SUMMARIES.has(keyword));
    for (const { keyword, instanceLocation, error } of deepest.length > 0 ? deepest : errors) {
      const said = keyword === "false" ? "is not documented" : error;
      flaws.push(`${where}: ${status} body${instanceLocation.slice(1)}: ${said}`);
    }
  }
  return flaws;
}

const SUMMARIES = new Set(["$ref", "properties", "items", "allOf", "if", "then", "additionalProperties"]);

function headerFlaws(document: Document, declared: Record<string, unknown>, headers: Headers): string[] {
  const flaws: string[] = [];
  const names = new Set(Object.keys(declared).map((name) => name.toLowerCase()));
  for (const [name, one] of Object.entries(declared)) {
    const shared = Reference.safeParse(one).success ? document.components?.headers?.[name] : one;
    const { required, schema } = Header.parse(shared);
    const value = headers.get(name);
    if (value === null) {
      if (required) flaws.push(`the header ${name} is missing`);
      continue;
    }
    const { valid } = validate(schema.type === "integer" ? Number(value) : value, schema, "2020-12");
    if (!valid) flaws.push(`the header ${name} is ${JSON.stringify(value)}`);
  }
  for (const [name, value] of headers) {
    if (!names.has(name) && !COMMON.test(name) && DEFAULTS[name] !== value)
      flaws.push(`the header ${name} is not documented`);
  }
  return flaws;
}

interface Described {
  document: Document;
  lookup: ReturnType<typeof dereference>;
  all: (ReturnType<typeof operations>[number] & { pattern: RegExp; parameters: number })[];
}

let made: Described | undefined;

/** The document with every schema closed, made once per test file. */
export function reference(): Described {
  if (made) return made;
  const described = describe(v1.router);
  // No operation has this answer, so the document does not list it.
  const unlisted = { method_not_allowed: problemResponse(["method_not_allowed"]) };
  addRequestId(unlisted);
  Object.assign(described.components?.responses ?? {}, unlisted);
  const document = closeSchema(described);
  const all = operations(document).map((placed) => ({
    ...placed,
    pattern: new RegExp(`^${placed.path.replaceAll(/\{\w+\}/g, "[^/]+")}/?$`),
    parameters: placed.path.split("{").length,
  }));
  // Fixed paths match before paths with parameters.
  all.sort((a, b) => a.parameters - b.parameters);
  made = { document, lookup: dereference(document, {}, BASE), all };
  return made;
}

function find(method: string, pathname: string) {
  return reference().all.find((one) => one.method === method && one.pattern.test(pathname));
}

function resolve(document: Document, response: Responses[string]): unknown {
  const name: unknown = response?.$ref;
  return typeof name === "string" ? document.components?.responses?.[name.split("/").at(-1) ?? ""] : response;
}
