import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { etag } from "hono/etag";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../../../http/env.ts";
import { describeSockets } from "../openapi/asyncapi.ts";
import { type Document, describe } from "../openapi/document.ts";
import { page } from "../openapi/page.ts";
import { STYLE } from "../openapi/style.ts";
import { v1Router } from "../router.ts";

const text = { type: "string" as const };
const headers = {
  ETag: { required: true, description: "For `If-None-Match`", schema: text },
  "Cache-Control": { required: true, description: "Five minutes", schema: text },
};
const notModified = { 304: { description: "Unchanged", headers } };

/** The most addresses of a server whose documents are kept in memory: a client may ask under any name. */
const MAX_ORIGINS = 4;

/** The reference changes with a release only, so clients may cache it for five minutes. */
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
  responses: {
    200: {
      description: "The document",
      headers,
      content: { "application/json": { schema: z.looseObject({ openapi: z.string() }) } },
    },
    ...notModified,
  },
});

const socketsRoute = createRoute({
  method: "get",
  path: "/asyncapi.json",
  operationId: "getSocketsDocument",
  tags: ["Service"],
  summary: "The sockets and their frames as an AsyncAPI 3.0 document",
  middleware: [cached, etag()] as const,
  responses: {
    200: {
      description: "The document",
      headers,
      content: { "application/json": { schema: z.looseObject({ asyncapi: z.string() }) } },
    },
    ...notModified,
  },
});

const pageRoute = createRoute({
  method: "get",
  path: "/docs",
  operationId: "getReference",
  tags: ["Service"],
  summary: "This reference as an HTML page",
  middleware: [cached, etag()] as const,
  responses: {
    200: {
      description: "The page; it loads nothing else",
      headers: {
        ...headers,
        "Content-Security-Policy": { required: true, description: "Nothing foreign", schema: text },
        "X-Content-Type-Options": { required: true, description: "nosniff", schema: { const: "nosniff" } },
      },
      content: { "text/html": { schema: z.string() } },
    },
    ...notModified,
  },
});

/**
 * The routes `GET /openapi.json`, `GET /asyncapi.json` and `GET /docs`, which describe the router that they
 * are mounted on. None needs a token.
 */
export function reference(router: OpenAPIHono<AppEnv>) {
  // Generated at the first request, since routes may be added to the router until then.
  let cache: { html: string; policy: string } | undefined;
  async function generate() {
    if (cache) return cache;
    cache = { html: String(await page(describe(router))), policy: await policy() };
    return cache;
  }
  // A server may have several addresses. Each document names the one that was asked.
  const documents = new Map<string, Document>();
  function documentOf(url: string): Document {
    const { origin } = new URL(url);
    const document = documents.get(origin) ?? describe(router, origin);
    if (documents.size < MAX_ORIGINS) documents.set(origin, document);
    return document;
  }
  return v1Router()
    .openapi(documentRoute, (c) => c.json(documentOf(c.req.url), 200))
    .openapi(socketsRoute, (c) => c.json(describeSockets(documentOf(c.req.url)), 200))
    .openapi(pageRoute, async (c) => {
      const { html, policy } = await generate();
      return c.html(html, 200, { "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff" });
    });
}

/** The page's Content-Security-Policy: nothing may be loaded or run except its own style. */
async function policy(): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}
