import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { etag } from "hono/etag";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../../http/env.ts";
import { describeSockets } from "./openapi/asyncapi.ts";
import { type Document, describe, serversOf } from "./openapi/document.ts";
import { v1Router } from "./router.ts";

const Health = z.object({ ok: z.literal(true) });

export const health = v1Router().openapi(
  createRoute({
    method: "get",
    path: "/healthz",
    operationId: "checkHealth",
    tags: ["Service"],
    summary: "Whether the server is healthy",
    description: "For probes: 200 if the database answers.",
    responses: {
      200: { description: "The database answers", content: { "application/json": { schema: Health } } },
    },
  }),
  async (c) => {
    const { health, db } = c.var.core;
    await health.run(db);
    return c.json({ ok: true as const }, 200);
  },
);

const text = { type: "string" as const };
const headers = {
  ETag: { required: true, description: "For `If-None-Match`", schema: text },
  "Cache-Control": { required: true, description: "Five minutes", schema: text },
};

/** The answers of a call for a document. */
function answersOf<Schema extends z.ZodType>(schema: Schema) {
  return {
    200: { description: "The document", headers, content: { "application/json": { schema } } },
    304: { description: "Unchanged", headers },
  };
}

/**
 * Lets clients cache an answer for five minutes, unless it is a failure. For what changes with a release
 * only.
 */
const cached = createMiddleware(async (c, next) => {
  await next();
  if (c.res.status < 400) c.header("Cache-Control", "public, max-age=300");
});

const documentRoute = createRoute({
  method: "get",
  path: "/openapi.json",
  operationId: "getDocument",
  tags: ["Service"],
  summary: "This reference as an OpenAPI 3.1 document",
  middleware: [cached, etag()] as const,
  responses: answersOf(z.looseObject({ openapi: z.string() })),
});

const socketsRoute = createRoute({
  method: "get",
  path: "/asyncapi.json",
  operationId: "getSocketsDocument",
  tags: ["Service"],
  summary: "The sockets and their frames as an AsyncAPI 3.0 document",
  middleware: [cached, etag()] as const,
  responses: answersOf(z.looseObject({ asyncapi: z.string() })),
});

/**
 * The routes `GET /openapi.json` and `GET /asyncapi.json`, which describe the router that they are mounted
 * on. Neither needs a token.
 */
export function reference(router: OpenAPIHono<AppEnv>) {
  // Generated at the first request, since routes may be added to the router until then.
  let described: Document | undefined;
  // A server may have several addresses, and a client may make one up. Each answer names the one that was
  // asked; nothing is kept or generated for it.
  function documentOf(url: string): Document {
    described ??= describe(router);
    return { ...described, servers: serversOf(new URL(url).origin) };
  }
  return v1Router()
    .openapi(documentRoute, (c) => c.json(documentOf(c.req.url), 200))
    .openapi(socketsRoute, (c) => c.json(describeSockets(documentOf(c.req.url)), 200));
}
