import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { v1 } from "../../../src/surfaces/v1/app.ts";
import { describe as describeRouter, operations } from "../../../src/surfaces/v1/openapi/document.ts";
import { wire } from "../../support/clients/wire.ts";

const SearchEntries = z.array(
  z.strictObject({
    title: z.string().min(1),
    page: z.string(),
    group: z.string(),
    href: z.string(),
    text: z.string(),
  }),
);

/** The pages by path: all that the menu of the first one links to. */
const pages = new Map<string, string>();

const get = (path: string, headers: Record<string, string> = {}) => wire({ method: "GET", path, headers });
const linksOf = (html: string) => [...html.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href = ""]) => href);
const idsOf = (html: string) => [...html.matchAll(/ id="([^"]+)"/g)].map(([, id = ""]) => id);

beforeAll(async () => {
  const first = String((await get("/docs")).body);
  const paths = linksOf(first)
    .map((href) => href.split("#")[0] ?? "")
    .filter((path) => path.startsWith("/docs"));
  for (const path of new Set(["/docs", ...paths])) {
    const { status, headers, body } = await get(path);
    expect([path, status, headers.get("Content-Type")]).toEqual([path, 200, "text/html; charset=UTF-8"]);
    pages.set(path, String(body));
  }
});

describe("every page", () => {
  test("links only to places that exist", async () => {
    const dead: string[] = [];
    for (const [path, html] of pages) {
      for (const href of linksOf(html)) {
        if (/^https?:/.test(href)) continue;
        const [target, id] = (href.startsWith("#") ? path + href : href).split("#");
        if (target === "/openapi.json" || target === "/asyncapi.json") continue;
        const page = pages.get(target ?? "");
        if (page === undefined || (id && !idsOf(page).includes(id))) dead.push(`${path} -> ${href}`);
      }
    }
    expect(dead).toEqual([]);
  });

  test("has each id once, and one heading of the first level", () => {
    for (const [path, html] of pages) {
      const ids = idsOf(html);
      expect([path, ids.filter((id, i) => ids.indexOf(id) !== i)]).toEqual([path, []]);
      expect([path, html.match(/<h1/g)?.length]).toEqual([path, 1]);
    }
  });

  test("loads nothing, and runs only the style and the script that its policy names", async () => {
    for (const [path, html] of pages) {
      expect(html).not.toMatch(
        /<(link|img|iframe|object|base|form)\b|@import|url\(|<[^>]+\s(src|on\w+)=|\sstyle="/i,
      );
      const { headers } = await get(path);
      expect(headers.get("Content-Security-Policy")).toBe(
        [
          "default-src 'none'",
          `style-src '${await digestOf(html, "style")}'`,
          `script-src '${await digestOf(html, "script")}'`,
          "connect-src 'self'",
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
          "require-trusted-types-for 'script'",
        ].join("; "),
      );
    }
  });

  test("may be cached, and is revalidated by its ETag", async () => {
    for (const path of [...pages.keys(), "/docs/search.json"]) {
      const first = await get(path);
      expect([path, first.headers.get("Cache-Control")]).toEqual([path, "public, max-age=300"]);
      const etag = first.headers.get("ETag") ?? "";
      const again = await get(path, { "If-None-Match": etag });
      expect([path, again.status]).toEqual([path, 304]);
    }
  });
});

test("every call has its address, its body and a curl line, and each shape its fields", () => {
  const document = describeRouter(v1.router);
  const all = [...pages.values()].join("");
  for (const { path, operation } of operations(document)) {
    const [, article = ""] = all.split(`id="${operation.operationId}"`);
    const [own = ""] = article.split("</article>");
    expect(own).toContain(`<code>${path}</code>`);
    if (!operation.responses?.[101]) expect(own).toContain("curl ");
    if (operation.requestBody) expect(own).toMatch(/<h4>Body .*<\/h4><(dl|p)>/);
  }
  const shapes = pages.get("/docs/shapes") ?? "";
  const frames = pages.get("/docs/frames") ?? "";
  // The unions of all frames of a socket are the page of frames itself.
  const isUnion = (name: string) => /(Client|Server)Frame$/.test(name);
  const named = Object.keys(document.components?.schemas ?? {}).filter((name) => !isUnion(name));
  for (const name of named) expect([...idsOf(shapes), ...idsOf(frames)]).toContain(name);
});

test("the search has an entry for each page and section, and each leads to its place", async () => {
  const entries = SearchEntries.parse((await get("/docs/search.json")).body);
  const dead = entries.filter(({ href }) => {
    const [path = "", id] = href.split("#");
    const page = pages.get(path);
    return page === undefined || (id !== undefined && !idsOf(page).includes(id));
  });
  expect(dead).toEqual([]);
  expect(new Set(entries.map(({ href }) => href.split("#")[0]))).toEqual(new Set(pages.keys()));
  expect(entries).toContainEqual(expect.objectContaining({ href: "/docs/calls/messages#sendMessage" }));
});

test("/ leads a browser to the pages, and tells a program where they are", async () => {
  const browser = await get("/", { Accept: "text/html,*/*;q=0.8" });
  expect([browser.status, browser.headers.get("Location")]).toEqual([302, "/docs"]);
  expect(browser.headers.get("Vary")).toContain("Accept");
  const program = await get("/");
  expect(program).toMatchObject({
    status: 200,
    body: { name: "parley", docs: "/docs", openapi: "/openapi.json", asyncapi: "/asyncapi.json" },
  });
});

test.for(["/docs/nothing", "/docs/calls/nothing", "/docs/calls"])("%s is not found", async (path) => {
  expect(await get(path)).toMatchObject({ status: 404, body: { code: "not_found" } });
});

test("a browser is shown the menu where there is no page", async () => {
  const { status, headers, body } = await get("/docs/nothing", { Accept: "text/html,*/*;q=0.8" });
  expect([status, headers.get("Content-Type")]).toEqual([404, "text/html; charset=UTF-8"]);
  expect(String(body)).toContain('href="/docs/start"');
});

test("the guides name the address that was asked", async () => {
  const asked = (origin: string) => wire({ method: "GET", path: "/docs/start", origin });
  expect(String((await asked("https://chat.example")).body)).toContain("HOST=https://chat.example\n");
  const elsewhere = String((await asked("http://10.0.0.1:9000")).body);
  expect(elsewhere).toContain("HOST=http://10.0.0.1:9000\n");
  expect(elsewhere).not.toContain("localhost:8787");
});

test("a trailing slash makes no difference", async () => {
  expect((await get("/docs/")).body).toBe(pages.get("/docs"));
});

/** The hash, as a policy names it, of the only element of a kind. */
async function digestOf(html: string, element: "style" | "script"): Promise<string> {
  const [found, ...more] = html.matchAll(new RegExp(`<${element}[^>]*>([\\s\\S]*?)</${element}>`, "g"));
  expect(more).toEqual([]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(found?.[1]));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}
