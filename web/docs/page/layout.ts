import { html, raw } from "hono/html";
import manifest from "../../../package.json" with { type: "json" };
import TOKENS from "../../src/styles/tokens.css";
import type { Html } from "./html.ts";
import type { DocsPage } from "./page.ts";
import SCRIPT from "./script.client.js";
import OWN_STYLE from "./style.css";

const STYLE = TOKENS + OWN_STYLE;

/** The whole HTML of a page: the bar with the search, the menu of all pages, and the body of this one. */
export function layout(page: DocsPage, pages: readonly DocsPage[]): Html {
  const groups = Map.groupBy(pages, ({ group }) => group);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${page.title} – Parley</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the page</a>
<header class="bar">
<button class="menu-button" type="button" popovertarget="menu">Menu</button>
<a class="brand" href="/docs"><strong>Parley</strong> <small>${manifest.version}</small></a>
<div class="search" role="search" hidden>
<input type="search" placeholder="Search" title="Press / to search" aria-label="Search the documentation" role="combobox" aria-expanded="false" aria-controls="results" autocomplete="off">
<ul class="results" id="results" role="listbox" aria-label="Results" hidden></ul>
</div>
<button class="theme" type="button" hidden>Theme</button>
</header>
<div class="frame">
<nav class="menu" id="menu" popover aria-label="Pages">
${[...groups].map(([group, members]) => html`${group === "" ? "" : html`<h2>${group}</h2>`}<ul>${members.map((member) => entry(member, page))}</ul>`)}
</nav>
<main id="main" lang="${page.lang ?? "en"}">
${page.body}
</main>
</div>
<script type="module">${raw(SCRIPT)}</script>
</body>
</html>`;
}

/** A page in the menu. The current one shows its sections, too. */
function entry(member: DocsPage, current: DocsPage): Html {
  if (member !== current) return html`<li><a href="${member.path}">${member.title}</a></li>`;
  const listed = member.sections.filter(({ isInMenu }) => isInMenu);
  const places = listed.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`);
  return html`<li><a href="${member.path}" aria-current="page">${member.title}</a>${places.length > 0 ? html`<ul>${places}</ul>` : ""}</li>`;
}

/**
 * The Content-Security-Policy of the pages: only their own style and script run, and the script reads only
 * from this server. Uploaded files of the same origin are no sources.
 */
export async function contentSecurityPolicy(): Promise<string> {
  const [style, script] = await Promise.all([digest(STYLE), digest(SCRIPT)]);
  return [
    "default-src 'none'",
    `style-src '${style}'`,
    `script-src '${script}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(hash)))}`;
}
