import { type Schema, Validator } from "@cfworker/json-schema";
import { expect, test } from "vitest";
import { z } from "zod";
import { Content } from "../../../src/domain/messages/content.ts";
import { v1 } from "../../../src/surfaces/v1/app.ts";
import { TAGS } from "../../../src/surfaces/v1/openapi/about.ts";
import { type Document, describe, operations } from "../../../src/surfaces/v1/openapi/document.ts";
import { exampleOf } from "../../../src/surfaces/v1/openapi/examples.ts";
import { call } from "../../support/clients/api.ts";
import { wire } from "../../support/clients/wire.ts";

const document: Document = describe(v1.router, "https://parley.test");
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
    const needsToken = operation.security?.length !== 0;
    expect(operation.security, "a call without a token says so").toBeDefined();
    expect(statuses.includes("401")).toBe(needsToken || operation.operationId === "login");
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

/** A validator would take an example with an `id` for a schema that has one. */
function withoutExamples<Part>(part: Part): Part {
  const json = JSON.stringify(part, (key, value) => (key === "example" ? undefined : value));
  return JSON.parse(json);
}

const COMPONENTS = withoutExamples(document.components);

/** Asserts that a value fits a schema of the document. */
function expectFit(where: string, value: unknown, schema: Schema): void {
  const root: Schema = { ...withoutExamples(schema), components: COMPONENTS };
  const { valid, errors } = new Validator(root, "2020-12").validate(value);
  expect(valid, `${where}: ${JSON.stringify(value)}: ${JSON.stringify(errors)}`).toBe(true);
}

test("examples match their schemas", () => {
  const examples = schemas.filter(([, schema]) => "example" in schema);
  expect(examples.length).toBeGreaterThan(0);
  for (const [name, schema] of examples)
    expectFit(name, "example" in schema && schema.example, { $ref: `#/components/schemas/${name}` });
});

const Media = z.object({
  schema: z.custom<Schema>(),
  example: z.json().optional(),
  examples: z.record(z.string(), z.object({ value: z.json() })).optional(),
});
const Bodies = z.object({ content: z.object({ "application/json": Media.optional() }).optional() });

test.each(all.map((one) => [one.operation.operationId, one] as const))(
  "%s has examples of its JSON, which match",
  (name, { operation: { requestBody = {}, responses = {} } }) => {
    const successes = Object.entries(responses).filter(([status]) => Number(status) < 300);
    for (const body of [requestBody, ...successes.map(([, response]) => response)]) {
      const media = Bodies.parse(body).content?.["application/json"];
      if (!media) continue;
      const { schema, example, examples = {} } = media;
      const values = Object.values(examples).map(({ value }) => value);
      if (example !== undefined) values.push(example);
      expect(values.length, `${name} has an example`).toBeGreaterThan(0);
      for (const value of values) expectFit(String(name), value, schema);
    }
  },
);

test("a send has an example of each kind, and of a forward, and none has both", () => {
  const send = all.find(({ operation }) => operation.operationId === "sendMessage");
  const media = Bodies.parse(send?.operation.requestBody).content?.["application/json"];
  const values = Object.values(media?.examples ?? {}).map(({ value }) => value);
  expect(values.length).toBe(Content.options.length + 3);
  const [first] = values;
  expect(first).toEqual({ client_msg_id: "m1", kind: "text", body: { text: "hello" } });
  for (const value of values) {
    const fields = Object.keys(z.looseObject({}).parse(value));
    expect(fields.includes("forward")).toBe(!fields.includes("kind"));
  }
});

test("no field of a shape has a `default`, with which generators would make it required in requests", () => {
  for (const [name, schema] of schemas) {
    const fields = "properties" in schema ? Object.entries(schema.properties ?? {}) : [];
    for (const [field, inner] of fields) expect(inner, `${name}.${field}`).not.toHaveProperty("default");
  }
  expect(document.components?.schemas?.NewGroup).toMatchObject({
    properties: { join_policy: { description: 'If absent: `"approval"`' } },
    required: ["kind", "name", "member_ids"],
  });
});

test("the parts of a union exclude one another: it is `oneOf`, and each example fits one part", () => {
  expect(JSON.stringify(document)).not.toContain('"anyOf"');
  const Union = z.object({ oneOf: z.array(z.object({ $ref: z.string() })) });
  for (const [name, schema] of schemas) {
    const union = Union.safeParse(schema).data;
    for (const { $ref } of union?.oneOf ?? []) {
      const example = exampleOf({ $ref }, document.components?.schemas ?? {});
      expectFit(`${$ref} in ${name}`, example, { $ref: `#/components/schemas/${name}` });
    }
  }
});

test("`kind` and `revoked` select the shape of a message, `kind` that of a conversation", () => {
  const { schemas: named = {} } = document.components ?? {};
  const ref = (name: string) => `#/components/schemas/${name}`;
  expect(named.Message).toEqual({
    oneOf: [{ $ref: ref("UnrevokedMessage") }, { $ref: ref("RevokedMessage") }],
  });
  expect(named.UnrevokedMessage).toMatchObject({
    discriminator: { propertyName: "kind", mapping: { text: ref("TextMessage"), tip: ref("TipMessage") } },
  });
  expect(named.TextMessage).toMatchObject({
    properties: { kind: { enum: ["text"] }, revoked: { enum: [false] }, body: { required: ["text"] } },
  });
  expect(named.RevokedMessage).toMatchObject({
    properties: { revoked: { enum: [true] }, body: { properties: {}, additionalProperties: false } },
  });
  expect(named.Conversation).toMatchObject({
    discriminator: { propertyName: "kind", mapping: { group: ref("GroupConversation") } },
  });
  expect(named.DirectConversation).toMatchObject({ required: expect.arrayContaining(["peer"]) });
  expect(named.GroupConversation).toMatchObject({
    required: expect.arrayContaining(["role", "join_policy"]),
  });
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

for (const path of ["/openapi.json", "/asyncapi.json"]) {
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

test("GET /openapi.json is the document, and names the address that was asked", async () => {
  expect((await call("GET", "/openapi.json")).body).toEqual(JSON.parse(JSON.stringify(document)));
  const elsewhere = await wire({ method: "GET", path: "/openapi.json", origin: "http://10.0.0.1:8787" });
  expect(elsewhere.body).toMatchObject({ servers: [{ url: "http://10.0.0.1:8787" }] });
});
