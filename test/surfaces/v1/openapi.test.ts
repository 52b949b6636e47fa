import { type Schema, Validator } from "@cfworker/json-schema";
import { beforeAll, expect, test } from "vitest";
import { v1 } from "../../../src/surfaces/v1/app.ts";
import { TAGS } from "../../../src/surfaces/v1/openapi/about.ts";
import { type Document, describe, operations } from "../../../src/surfaces/v1/openapi/document.ts";
import { call } from "../../support/clients/api.ts";

const document: Document = describe(v1.router);
const all = operations(document);
const schemas = Object.entries(document.components?.schemas ?? {});

test("every route is in the document, and every call of the document is a route", () => {
  const routes = v1.router.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  const described = all.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(described.toSorted()).toEqual([...new Set(routes)].toSorted());
});

test.each(all.map((one) => [`${one.method.toUpperCase()} ${one.path}`, one] as const))(
  "%s has an `operationId`, a `summary`, one of the `tags`, a success and its failures",
  (_, { path, operation }) => {
    expect(operation.operationId, "give the route an operationId").toMatch(/^[a-z]+[a-zA-Z]*$/);
    expect(operation.summary, "give the route a summary").toMatch(/^[A-Z].*[^.]$/);
    expect(Object.keys(TAGS), "give the route tags: [one of openapi/about.ts]").toContain(
      operation.tags?.[0],
    );
    const statuses = Object.keys(operation.responses ?? {});
    expect(statuses.some((status) => Number(status) < 300)).toBe(true);
    expect(statuses).toContain("500");
    expect(statuses.includes("401")).toBe(operation.security !== undefined || path === "/v1/login");
    expect(statuses.includes("413")).toBe(operation.requestBody !== undefined);
    const inPath = (operation.parameters ?? []).flatMap((one) =>
      "in" in one && one.in === "path" ? [one.name] : [],
    );
    expect(inPath.toSorted()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted());
  },
);

test("operations have unique names", () => {
  const names = all.map(({ operation }) => operation.operationId);
  expect(names).toEqual([...new Set(names)]);
});

test("examples match their schemas", () => {
  const examples = schemas.filter(([, schema]) => "example" in schema);
  expect(examples.length).toBeGreaterThan(0);
  for (const [name, schema] of examples) {
    const root: Schema = {
      $ref: `#/components/schemas/${name}`,
      components: withoutExamples(document.components),
    };
    const { valid, errors } = new Validator(root, "2020-12").validate("example" in schema && schema.example);
    expect(valid, `${name}: ${JSON.stringify(errors)}`).toBe(true);
  }
});

test("a schema that is nullable in one place is not nullable everywhere: `orNull(shape)`, not `shape.nullable()`", () => {
  const nullable = schemas.filter(([, schema]) => "type" in schema && schema.type?.includes("null"));
  expect(nullable.map(([name]) => name)).toEqual([]);
});

test("error codes of one status are listed in one response, each by its name", () => {
  const { responses = {} } = document.components ?? {};
  expect(responses["rate_limited.locked"]).toMatchObject({
    description: expect.stringMatching(/`rate_limited`.*`locked`/),
    headers: { "Retry-After": { required: true } },
    content: {
      "application/problem+json": {
        schema: {
          allOf: [{}, { properties: { status: { const: 429 }, code: { enum: ["rate_limited", "locked"] } } }],
        },
      },
    },
  });
});

for (const path of ["/openapi.json", "/docs"]) {
  test(`GET ${path} may be cached, and revalidated by its ETag`, async () => {
    const first = await call("GET", path);
    expect(first.status).toBe(200);
    expect(first.headers.get("Cache-Control")).toBe("public, max-age=300");
    const etag = first.headers.get("ETag") ?? "";
    const again = await call("GET", path, { headers: { "If-None-Match": etag } });
    expect(again).toMatchObject({ status: 304, body: undefined });
    expect(again.headers.get("ETag")).toBe(etag);
  });
}

test("GET /openapi.json is the document", async () => {
  expect((await call("GET", "/openapi.json")).body).toEqual(JSON.parse(JSON.stringify(document)));
});

let html: string;

beforeAll(async () => {
  html = String((await call("GET", "/docs")).body);
});

test("GET /docs shows every call, every shape and every failure", () => {
  for (const { operation, path } of all) {
    expect(html).toContain(`id="${operation.operationId}"`);
    expect(html).toContain(`<code>${path}</code>`);
  }
  for (const [name] of schemas) expect(html).toContain(`id="shape-${name}"`);
  for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) expect(html).toContain(`id="${target}"`);
});

test("GET /docs loads nothing, runs nothing, and escapes its content", async () => {
  expect(html).not.toMatch(/<(script|link|img|iframe|object|base|form)\b|@import|url\(|\bsrc=|\bon\w+="/i);
  expect([...html.matchAll(/href="([^#][^"]*)"/g)].map(([, target]) => target)).toEqual(["/openapi.json"]);
  const style = html.match(/<style>([\s\S]*?)<\/style>/)?.[1] ?? "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  const { headers } = await call("GET", "/docs");
  expect(headers.get("Content-Security-Policy")).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
});

/** A validator would take an example with an `id` for a schema that has one. */
function withoutExamples<Part>(part: Part): Part {
  const json = JSON.stringify(part, (key, value) => (key === "example" ? undefined : value));
  return JSON.parse(json);
}
