import { html } from "hono/html";
import type { SocketsDocument } from "../../src/surfaces/v1/openapi/asyncapi.ts";
import type { Document } from "../../src/surfaces/v1/openapi/document.ts";
import { readableMarkdown, renderMarkdown, type Source } from "./markdown.ts";
import type { DocsPage } from "./page/page.ts";
import { framesPage } from "./reference/frames.ts";
import { referencePages } from "./reference/operations.ts";
import { API_SOURCES, CLIENT_SOURCES, GUIDE_SOURCES, OPERATOR_SOURCES } from "./sources.ts";

const SOURCES = [...GUIDE_SOURCES, ...CLIENT_SOURCES, ...OPERATOR_SOURCES, ...API_SOURCES];

/** All pages at /docs, in the order of the menu. */
export function pagesOf(document: Document, sockets: SocketsDocument): DocsPage[] {
  const toPage = (source: Source): DocsPage => ({
    path: source.path,
    title: source.title,
    group: source.group,
    ...(source.lang && { lang: source.lang }),
    ...renderMarkdown(source, SOURCES),
  });
  const others = [
    ...GUIDE_SOURCES.map(toPage),
    ...CLIENT_SOURCES.map(toPage),
    ...referencePages(document),
    framesPage(sockets, document.components?.schemas ?? {}),
    ...API_SOURCES.map(toPage),
    ...OPERATOR_SOURCES.map(toPage),
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
<li><a href="/asyncapi.json">asyncapi.json</a>: every frame of v1's sockets, as AsyncAPI 3</li>
<li><a href="/llms.txt">llms.txt</a>: these pages as Markdown, for language models</li></ul>`,
  };
}

/**
 * The documents as Markdown, and a list of them as https://llmstxt.org describes it: the content of each
 * file, by its path in the folder.
 */
export function markdownFiles(): Map<string, string> {
  const groups = Map.groupBy(SOURCES, ({ group }) => group);
  const lists = [...groups].map(([group, members]) => {
    const links = members.map(({ title, path }) => `- [${title}](${path}.md)`);
    return `## ${group}\n\n${links.join("\n")}\n`;
  });
  const about = `# Parley

> A chat backend: conversations, messages over HTTP and WebSockets, files and search. API v1 is described by
> [openapi.json](/openapi.json) and [asyncapi.json](/asyncapi.json).
`;
  const files = SOURCES.map(
    (source) => [`${source.path.slice(1)}.md`, readableMarkdown(source, SOURCES)] as const,
  );
  return new Map([["llms.txt", [about, ...lists].join("\n")], ...files]);
}
