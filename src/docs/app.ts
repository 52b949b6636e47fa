import { type Context, Hono } from "hono";
import { etag } from "hono/etag";
import { createMiddleware } from "hono/factory";
import manifest from "../../package.json" with { type: "json" };
import type { AppEnv } from "../http/env.ts";
import type { Surface } from "../http/surface.ts";
import { v1 } from "../surfaces/v1/app.ts";
import { problem } from "../surfaces/v1/errors.ts";
import { describeSockets } from "../surfaces/v1/openapi/asyncapi.ts";
import { describe } from "../surfaces/v1/openapi/document.ts";
import { contentSecurityPolicy, layout } from "./page/layout.ts";
import { searchEntries } from "./page/page.ts";
import { pagesOf } from "./site.ts";

/** The pages change with a release only, so clients may cache them for five minutes. */
const cached = createMiddleware(async (c, next) => {
  await next();
  if (c.res.status < 400) c.header("Cache-Control", "public, max-age=300");
});

/** All pages, as they are sent. Made at the first request of an isolate. */
let made: Promise<{ policy: string; pages: Map<string, string>; search: object[] }> | undefined;

async function make() {
  const document = describe(v1.router);
  const pages = pagesOf(document, describeSockets(document));
  const texts = await Promise.all(
    pages.map(async (page) => [page.path, String(await layout(page, pages))] as const),
  );
  return { policy: await contentSecurityPolicy(), pages: new Map(texts), search: searchEntries(pages) };
}

const router = new Hono<AppEnv>({ strict: false });

router.get("/", (c) => {
  c.header("Vary", "Accept", { append: true });
  if (c.req.header("Accept")?.includes("text/html")) return c.redirect("/docs");
  return c.json({
    name: "parley",
    version: manifest.version,
    docs: "/docs",
    openapi: "/openapi.json",
    asyncapi: "/asyncapi.json",
  });
});

router.get("/docs/search.json", cached, etag(), async (c) => {
  made ??= make();
  return c.json((await made).search);
});

for (const path of ["/docs", "/docs/:page", "/docs/calls/:page"])
  router.get(path, cached, etag(), async (c, next) => {
    made ??= make();
    const { policy, pages } = await made;
    const page = pages.get(c.req.path.replace(/\/$/, ""));
    if (page === undefined) return next();
    return c.html(page, 200, { "Content-Security-Policy": policy });
  });

/** The pages at /docs, and the answer at `/`. */
export const docs = {
  name: "docs",
  router,
  owns: (path) => path === "/" || path === "/docs" || path.startsWith("/docs/"),
  refuse: (c: Context<AppEnv>, failure) => problem(c, failure),
} satisfies Surface;
