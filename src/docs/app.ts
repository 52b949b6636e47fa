import { type Context, Hono } from "hono";
import { etag } from "hono/etag";
import manifest from "../../package.json" with { type: "json" };
import { cached } from "../http/cached.ts";
import type { AppEnv } from "../http/env.ts";
import type { Surface } from "../http/surface.ts";
import { v1 } from "../surfaces/v1/app.ts";
import { problem } from "../surfaces/v1/errors.ts";
import { describeSockets } from "../surfaces/v1/openapi/asyncapi.ts";
import { describe } from "../surfaces/v1/openapi/document.ts";
import { contentSecurityPolicy, layout } from "./page/layout.ts";
import { type SearchEntry, searchEntries } from "./page/page.ts";
import { MISSING, pagesOf } from "./site.ts";

/** The address in the documents: each page shows the one that was asked instead. */
const EXAMPLE_HOST = "localhost:8787";

/** All pages, as they are sent. */
interface Site {
  policy: string;
  /** the HTML of each page, by its path */
  pages: Map<string, string>;
  missing: string;
  search: SearchEntry[];
}

let made: Promise<Site> | undefined;

/** The pages, made at the first request of an isolate. */
function site(): Promise<Site> {
  made ??= make();
  return made;
}

async function make(): Promise<Site> {
  const document = describe(v1.router);
  const pages = pagesOf(document, describeSockets(document));
  const texts = await Promise.all(
    pages.map(async (page) => [page.path, String(await layout(page, pages))] as const),
  );
  return {
    policy: await contentSecurityPolicy(),
    pages: new Map(texts),
    missing: String(await layout(MISSING, pages)),
    search: searchEntries(pages),
  };
}

/** A page as an answer. `URL` has checked the host, so that it holds nothing that HTML would read. */
function answer(c: Context<AppEnv>, html: string, status: 200 | 404, policy: string): Response {
  const { origin, host } = new URL(c.req.url);
  const shown = html.replaceAll(`http://${EXAMPLE_HOST}`, () => origin).replaceAll(EXAMPLE_HOST, () => host);
  return c.html(shown, status, { "Content-Security-Policy": policy });
}

/** Whether a browser asks for a page, and no program for data. */
function wantsPage(c: Context<AppEnv>): boolean {
  return c.req.header("Accept")?.includes("text/html") ?? false;
}

const router = new Hono<AppEnv>({ strict: false });

router.get("/", (c) => {
  c.header("Vary", "Accept", { append: true });
  if (wantsPage(c)) return c.redirect("/docs");
  return c.json({
    name: "parley",
    version: manifest.version,
    docs: "/docs",
    openapi: "/openapi.json",
    asyncapi: "/asyncapi.json",
  });
});

router.get("/docs/search.json", cached, etag(), async (c) => {
  return c.json((await site()).search);
});

for (const path of ["/docs", "/docs/:page", "/docs/calls/:page"])
  router.get(path, cached, etag(), async (c, next) => {
    const { policy, pages } = await site();
    const page = pages.get(c.req.path.replace(/\/$/, ""));
    if (page === undefined) return next();
    return answer(c, page, 200, policy);
  });

/** The pages at /docs, and the answer at `/`. */
export const docs = {
  name: "docs",
  router,
  owns: (path) => path === "/" || path === "/docs" || path.startsWith("/docs/"),
  refuse: async (c: Context<AppEnv>, failure) => {
    if (failure.code !== "no_such_path" || !wantsPage(c)) return problem(c, failure);
    const { missing, policy } = await site();
    return answer(c, missing, 404, policy);
  },
} satisfies Surface;
