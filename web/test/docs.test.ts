import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { takeProblems } from "./support/problems.ts";
import { Site } from "./support/site.ts";

const site = Site.forFile();

const SearchEntries = z.array(
  z.strictObject({
    title: z.string().min(1),
    page: z.string(),
    group: z.string(),
    href: z.string(),
    text: z.string(),
  }),
);

/** What the reference shows of `/openapi.json`. */
const Document = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        operationId: z.string(),
        requestBody: z.unknown().optional(),
        responses: z.record(z.string(), z.unknown()),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

/** The pages by path: all that the menu of the first one links to. */
const pages = new Map<string, string>();

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(site.origin + path, { headers, redirect: "manual" });
const linksOf = (html: string) => [...html.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href = ""]) => href);
const idsOf = (html: string) => [...html.matchAll(/ id="([^"]+)"/g)].map(([, id = ""]) => id);

beforeAll(async () => {
  const first = await (await get("/docs")).text();
  const paths = linksOf(first)
    .map((href) => href.split("#")[0] ?? "")
    .filter((path) => path.startsWith("/docs"));
  for (const path of new Set(["/docs", ...paths])) {
    const answer = await get(path);
    const { status, headers } = answer;
    expect([path, status, headers.get("Content-Type")]).toEqual([path, 200, "text/html; charset=utf-8"]);
    pages.set(path, await answer.text());
  }
});

describe("every page", () => {
  test("links only to places that exist", async () => {
    const dead: string[] = [];
    for (const [path, html] of pages) {
      for (const href of linksOf(html)) {
        if (/^https?:/.test(href)) continue;
        const [target, id] = (href.startsWith("#") ? path + href : href).split("#");
        if (["/openapi.json", "/asyncapi.json", "/llms.txt"].includes(target ?? "")) continue;
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

test("every call has its address, its body and a curl line, and each shape its fields", async () => {
  const document = Document.parse(await (await get("/openapi.json")).json());
  const calls = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, operation })),
  );
  const all = [...pages].flatMap(([path, html]) => (path.startsWith("/docs/calls/") ? html : [])).join("");
  for (const { path, operation } of calls) {
    const [, article = ""] = all.split(`id="${operation.operationId}"`);
    const [own = ""] = article.split("</article>");
    expect(own).toContain(`<code>${path}</code>`);
    if (!operation.responses[101]) expect(own).toContain("curl ");
    if (operation.requestBody) expect(own).toMatch(/<h4>Body .*<\/h4><(dl|p)>/);
  }
  const shapes = pages.get("/docs/shapes") ?? "";
  const frames = pages.get("/docs/frames") ?? "";
  // The unions of all frames of a socket are the page of frames itself.
  const isUnion = (name: string) => /(Client|Server)Frame$/.test(name);
  const named = Object.keys(document.components.schemas).filter((name) => !isUnion(name));
  for (const name of named) expect([...idsOf(shapes), ...idsOf(frames)]).toContain(name);
});

test("the search has an entry for each page and section, and each leads to its place", async () => {
  const entries = SearchEntries.parse(await (await get("/docs/search.json")).json());
  const dead = entries.filter(({ href }) => {
    const [path = "", id] = href.split("#");
    const page = pages.get(path);
    return page === undefined || (id !== undefined && !idsOf(page).includes(id));
  });
  expect(dead).toEqual([]);
  expect(new Set(entries.map(({ href }) => href.split("#")[0]))).toEqual(new Set(pages.keys()));
  expect(entries).toContainEqual(expect.objectContaining({ href: "/docs/calls/messages#sendMessage" }));
});

test.for(["/docs/nothing", "/docs/calls/nothing", "/docs/calls"])("%s is not found", async (path) => {
  const answer = await get(path);
  expect([answer.status, await answer.json()]).toMatchObject([404, { code: "not_found" }]);
});

test("a browser is shown the menu where there is no page", async () => {
  const page = await (await site.device()).newPage();
  const answer = await page.goto(`${site.origin}/docs/calls/nothing`);
  expect(answer?.status()).toBe(404);
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  await page.getByRole("navigation").getByRole("link", { name: "Start", exact: true }).click();
  await page.waitForURL("**/docs/start");
  // The browser logs the status.
  takeProblems(page.context());
});

test("the guides name the address that was asked", async () => {
  const page = await (await site.device()).newPage();
  await page.goto(`${site.origin}/docs/start`);
  const text = await page.getByRole("main").innerText();
  expect(text).toContain(`HOST=${site.origin}\n`);
  expect(text).not.toContain("localhost:8787");
});

test("the search leads to a call", async () => {
  const page = await (await site.device()).newPage();
  await page.goto(`${site.origin}/docs`);
  await page.getByRole("combobox").fill("send a message");
  await page.getByRole("option").first().waitFor();
  // As Safari tells of the key that ends the composition of an input method.
  await page.getByRole("combobox").dispatchEvent("keydown", { key: "Enter", keyCode: 229 });
  await page.getByRole("listbox").waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/docs/calls/messages#sendMessage");
});

test("the search finds what people look for", async () => {
  const page = await (await site.device()).newPage();
  await page.goto(`${site.origin}/docs`);
  for (const word of ["webhook", "sso", "bot", "import", "react"]) {
    await page.getByRole("combobox").fill("");
    await page.getByRole("option").first().waitFor({ state: "detached" });
    await page.getByRole("combobox").fill(word);
    await page.getByRole("option").first().waitFor();
  }
});

test("what is looked for first is the first call of its section", () => {
  const ids = idsOf(pages.get("/docs/calls/messages") ?? "");
  expect(ids).toContain("listAttachments");
  expect(ids.indexOf("sendMessage")).toBeLessThan(ids.indexOf("listAttachments"));
});

test("llms.txt lists the documents as Markdown, whose links lead to each other", async () => {
  const list = await (await get("/llms.txt")).text();
  const links = (text: string) =>
    [...text.matchAll(/\]\((\/[^)#]*)/g)].flatMap(([, path = ""]) => (path.endsWith(".md") ? path : []));
  const documents = links(list);
  expect(documents).toContain("/docs/client.md");
  const dead: string[] = [];
  for (const path of documents) {
    const answer = await get(path);
    expect([path, answer.status, answer.headers.get("Content-Type")]).toEqual([
      ...[path, 200, "text/markdown; charset=utf-8"],
    ]);
    const text = await answer.text();
    expect(text).toMatch(/^# /);
    dead.push(...links(text).filter((link) => !documents.includes(link)));
  }
  expect(dead).toEqual([]);
});

test("a trailing slash makes no difference", async () => {
  for (const path of ["/docs", "/docs/start"]) {
    const answer = await fetch(`${site.origin}${path}/`);
    expect([new URL(answer.url).pathname, await answer.text()]).toEqual([path, pages.get(path)]);
  }
});

/** The hash, as a policy names it, of the only element of a kind. */
async function digestOf(html: string, element: "style" | "script"): Promise<string> {
  const [found, ...more] = html.matchAll(new RegExp(`<${element}[^>]*>([\\s\\S]*?)</${element}>`, "g"));
  expect(more).toEqual([]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(found?.[1]));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}
