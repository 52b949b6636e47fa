import { html } from "hono/html";
import type { SocketsDocument } from "../../src/surfaces/v1/openapi/asyncapi.ts";
import type { Document } from "../../src/surfaces/v1/openapi/document.ts";
import { renderMarkdown, type Source } from "./markdown.ts";
import type { DocsPage } from "./page/page.ts";
import { framesPage } from "./reference/frames.ts";
import { referencePages } from "./reference/operations.ts";
import { API_SOURCES, GUIDE_SOURCES } from "./sources.ts";

/** All pages at /docs, in the order of the menu. */
export function pagesOf(document: Document, sockets: SocketsDocument): DocsPage[] {
  const sources = [...GUIDE_SOURCES, ...API_SOURCES];
  const toPage = (source: Source): DocsPage => ({
    path: source.path,
    title: source.title,
    group: source.group,
    ...renderMarkdown(source, sources),
  });
  const others = [
    ...GUIDE_SOURCES.map(toPage),
    ...referencePages(document),
    framesPage(sockets, document.components?.schemas ?? {}),
    ...API_SOURCES.map(toPage),
  ];
  return [home(others), ...others];
}

/** The page that a browser is shown where there is none. Static assets answer with a file of this name. */
export const MISSING: DocsPage = {
  path: "/docs/404",
  title: "No such page",
  group: "",
  sections: [],
  body: html`<h1>There is no such page</h1><p>The menu has all pages. <a href="/docs">Overview</a></p>`,
};

/** The first page: what there is, as links. */
function home(pages: readonly DocsPage[]): DocsPage {
  const groups = Map.groupBy(pages, ({ group }) => group);
  return {
    path: "/docs",
    title: "Overview",
    group: "",
    sections: [],
    body: html`<h1>Parley</h1>
<p>A chat backend: accounts, friends, direct and group conversations, messages over HTTP and WebSockets, files and search.
This server is running it. <a href="/docs/start">Start</a> shows the first calls.</p>
${[...groups].map(
  ([group, members]) =>
    html`<h2>${group}</h2><ul class="cards">${members.map(({ path, title, sections }) => {
      const some = sections.filter(({ isInMenu }) => isInMenu).slice(0, 4);
      return html`<li><a href="${path}"><strong>${title}</strong><small>${some.map((section) => section.title).join(" · ")}</small></a></li>`;
    })}</ul>`,
)}
<h2>For programs</h2>
<ul><li><a href="/openapi.json">openapi.json</a>: every call of v1, as OpenAPI 3.1</li>
<li><a href="/asyncapi.json">asyncapi.json</a>: every frame of v1's sockets, as AsyncAPI 3</li></ul>`,
  };
}
