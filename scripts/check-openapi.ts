/**
 * Part of `npm run check`: the tools of authors of clients take /openapi.json and /asyncapi.json without a
 * finding. This is no test, because validators generate code, which the Workers runtime forbids. Nothing is
 * fetched: each tool has its schemas in its package.
 */
import SwaggerParser from "@apidevtools/swagger-parser";
import asyncapi from "@asyncapi/specs/schemas/3.0.0-without-$id.json" with { type: "json" };
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { z } from "zod";
import { v1 } from "../src/surfaces/v1/app.ts";

const ORIGIN = "https://parley.test";

/** Findings of Redocly's recommended rules that stay, each with its reason. */
const EXCEPTIONS: { rule: string; at: RegExp; reason: string }[] = [
  {
    rule: "operation-4xx-response",
    at: /^#\/paths\/~1(healthz|openapi\.json|asyncapi\.json)\/get/,
    reason: "these calls have no input, so there is nothing that a client could do wrong",
  },
  {
    rule: "operation-2xx-response",
    at: /socket\/get\/responses$/,
    reason: "the success of a WebSocket upgrade is a 101",
  },
  {
    rule: "no-unused-components",
    at: /^#\/components\/schemas\/(Room|Device)(Client|Server)Frame$/,
    reason:
      "OpenAPI cannot say that a socket speaks them; with them one generator makes all types of a client",
  },
];

const Node = z.record(z.string(), z.json());
const Components = z.looseObject({ components: z.looseObject({ schemas: Node }) });
type Json = z.infer<ReturnType<typeof z.json>>;

const [openapiText, asyncapiText] = await Promise.all([textOf("/openapi.json"), textOf("/asyncapi.json")]);
const findings = [...(await invalidOpenApi()), ...(await lint()), ...invalidAsyncApi()];
for (const finding of findings) console.error(finding);
process.exitCode = findings.length > 0 ? 1 : 0;

async function textOf(path: string): Promise<string> {
  return (await v1.router.request(`${ORIGIN}${path}`)).text();
}

/** What makes /openapi.json no valid OpenAPI 3.1 document with valid schemas. */
async function invalidOpenApi(): Promise<string[]> {
  const document = Node.parse(JSON.parse(openapiText));
  // OpenAPI's own schema does not check the schemas inside.
  const ajv = new Ajv2020();
  const schemas = [...Object.values(Components.parse(document).components.schemas), ...schemasIn(document)];
  const wrong = schemas
    .filter((schema) => !ajv.validateSchema(Node.parse(schema)))
    .map((schema) => `/openapi.json: no valid schema: ${JSON.stringify(schema)}`);
  try {
    await SwaggerParser.validate(JSON.parse(openapiText));
  } catch (error) {
    wrong.push(`/openapi.json: ${error instanceof Error ? error.message : String(error)}`);
  }
  return wrong;
}

/** Everything in the place of a `schema` of a parameter, a header or a body. */
function schemasIn(part: Json): Json[] {
  if (typeof part !== "object" || part === null) return [];
  if (Array.isArray(part)) return part.flatMap(schemasIn);
  return Object.entries(part).flatMap(([key, inner]) => (key === "schema" ? [inner] : schemasIn(inner)));
}

/** Findings of Redocly's linter besides the exceptions, and exceptions that it does not need. */
async function lint(): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lintFromString({ source: openapiText, absoluteRef: "openapi.json", config });
  const unused = new Set(EXCEPTIONS);
  const findings: string[] = [];
  for (const { ruleId, message, location } of problems) {
    const pointer = location[0]?.pointer ?? "";
    const exception = EXCEPTIONS.find(({ rule, at }) => rule === ruleId && at.test(pointer));
    if (exception) unused.delete(exception);
    else findings.push(`/openapi.json: ${ruleId}: ${pointer}: ${message}`);
  }
  return [
    ...findings,
    ...[...unused].map(({ rule, at }) => `no finding of ${rule} at ${at}: drop the exception`),
  ];
}

/** What makes /asyncapi.json no valid AsyncAPI 3.0 document with valid schemas. */
function invalidAsyncApi(): string[] {
  const document = Node.parse(JSON.parse(asyncapiText));
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const wrong: string[] = [];
  if (!ajv.validate(asyncapi, document)) wrong.push(`/asyncapi.json: ${ajv.errorsText()}`);
  for (const [name, schema] of Object.entries(Components.parse(document).components.schemas)) {
    if (!ajv.validateSchema(Node.parse(schema))) wrong.push(`/asyncapi.json: ${name} is no valid schema`);
  }
  return wrong;
}
