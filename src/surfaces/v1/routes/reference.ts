import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { etag } from "hono/etag";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../../../http/env.ts";
import { type Document, describe } from "../openapi/document.ts";
import { page } from "../openapi/page.ts";
import { STYLE } from "../openapi/style.ts";
import { v1Router } from "../router.ts";

const text = { type: "string" as const };
const headers = {
  ETag: { required: true, description: "For `If-None-Match`", schema: text },
  "Cache-Control": { required: true, description: "Five minutes", schema: text },
};
const notModified = { 304: { description: "As you have it", headers } };

/** It changes with a release alone; whoever asks again within five minutes need not be answered. */
const cached = createMiddleware(async (c, next) => {
  await next();
  if (c.res.status < 400) c.header("Cache-Control", "public, max-age=300");
});

const documentRoute = createRoute({
  method: "get",
  path: "/openapi.json",
  operationId: "getDocument",
  tags: ["Service"],
  summary: "This document: OpenAPI 3.1",
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

const pageRoute = createRoute({
  method: "get",
  path: "/docs",
  operationId: "getReference",
  tags: ["Service"],
  summary: "This document as a page to read",
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

/** `GET /openapi.json` and `GET /docs`, of a router of which they are themselves a part. Neither needs a token. */
export function reference(described: OpenAPIHono<AppEnv>) {
  // Made when first asked for: until then other routes may join.
  let made: { document: Document; html: string; policy: string } | undefined;
  async function make() {
    if (made) return made;
    const document = describe(described);
    made = { document, html: String(await page(document)), policy: await policy() };
    return made;
  }
  return v1Router()
    .openapi(documentRoute, async (c) => {
      const { document } = await make();
      return c.json(document, 200);
    })
    .openapi(pageRoute, async (c) => {
      const { html, policy } = await make();
      return c.html(html, 200, { "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff" });
    });
}

/** Nothing may be loaded or run; the style is the page's own. */
async function policy(): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}
