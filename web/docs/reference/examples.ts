import type { Operation, PlacedOperation } from "../../../src/surfaces/v1/openapi/document.ts";
import { nameOf } from "../../../src/surfaces/v1/openapi/normalize.ts";
import type { Shape, Shapes } from "./shape.ts";

/** One content of a request or an answer, as OpenAPI has it. */
interface Content {
  schema?: Shape;
  example?: unknown;
  examples?: Record<string, object>;
}

/** The example of a content: its own, or that of its schema; undefined if there is none. */
export function exampleOf({ schema, example, examples }: Content, shapes: Shapes): unknown {
  if (example !== undefined) return example;
  for (const named of Object.values(examples ?? {})) if ("value" in named) return named.value;
  return schema && exampleOfShape(schema, shapes);
}

/** The example of a shape, or of the named shape that it refers to. */
function exampleOfShape(shape: Shape, shapes: Shapes): unknown {
  const named = shapes[nameOf(shape) ?? ""];
  if (named) return exampleOfShape(named, shapes);
  return shape.example ?? shape.examples?.[0];
}

/** The value of a parameter in an address, as people write it. */
function written(schema: Shape | undefined): string {
  const example = schema?.example ?? schema?.examples?.[0] ?? schema?.default ?? schema?.enum?.[0];
  return example === undefined ? "…" : String(example);
}

/**
 * A curl line that makes a call, in the words of the guides: `$HOST` is the server, `$TOKEN` the token.
 * @returns null for a call that curl cannot show: a socket
 */
export function curl({ method, path, operation }: PlacedOperation, shapes: Shapes): string | null {
  if ("101" in (operation.responses ?? {})) return null;
  const parts = ["curl"];
  const verb = method.toUpperCase();
  const body = bodyOf(operation, shapes);
  if (verb !== "GET" && !(verb === "POST" && body)) parts.push(`-X ${verb}`);
  parts.push(`"$HOST${address(path, operation)}"`);
  const lines = [parts.join(" ")];
  if (operation.security && operation.security.length > 0) lines.push(`-H "Authorization: Bearer $TOKEN"`);
  if (body) lines.push(body);
  return lines.join(" \\\n  ");
}

/** The path with its parameters, and those of the query that are required. */
function address(path: string, { parameters = [] }: Operation): string {
  const query: string[] = [];
  let filled = path;
  for (const parameter of parameters) {
    if ("$ref" in parameter) continue;
    const value = written(parameter.schema);
    if (parameter.in === "path") filled = filled.replace(`{${parameter.name}}`, value);
    if (parameter.in === "query" && parameter.required) query.push(`${parameter.name}=${value}`);
  }
  return query.length > 0 ? `${filled}?${query.join("&")}` : filled;
}

/** The part of a curl line that sends the body; undefined without one. */
function bodyOf({ requestBody }: Operation, shapes: Shapes): string | undefined {
  if (!requestBody || !("content" in requestBody)) return undefined;
  const json = requestBody.content["application/json"];
  if (json) {
    const example = exampleOf(json, shapes);
    return example === undefined ? undefined : `-d '${JSON.stringify(example)}'`;
  }
  return "multipart/form-data" in requestBody.content ? "-F file=@cat.png" : "--data-binary @cat.png";
}
