import GithubSlugger from "github-slugger";
import { html, raw } from "hono/html";
import { Marked, type Tokens } from "marked";
import type { Html } from "./page/html.ts";
import type { Section } from "./page/page.ts";

/** A document of the repository that is a page at /docs. */
export interface Source {
  /** its path in the repository */
  file: string;
  /** its path on the server */
  path: string;
  group: string;
  /** its name in the menu */
  title: string;
  text: string;
  /** absent: English */
  lang?: "zh-CN";
}

/** The page of frames, and the file to which the guides link for readers of the repository. */
export const FRAMES_PATH = "/docs/frames";
const FRAMES_FILE = "/src/surfaces/v1/frames/server.ts";

const DESCRIPTIONS = new Marked({ gfm: true, renderer: { html: htmlAsText } });

/** JSON with longer lines is written over several ones. */
const LONGEST_LINE = 100;

/** The deepest heading that the menu lists. */
const MENU_DEPTH = 2;

/** The Markdown of a description as HTML, in blocks. */
export function prose(text: string): Html {
  return html`${raw(DESCRIPTIONS.parse(text, { async: false }))}`;
}

/** One line of it. */
export function rich(text: string): Html {
  return html`${raw(DESCRIPTIONS.parseInline(text, { async: false }))}`;
}

/**
 * The HTML of a document, and its sections. HTML in it is shown as text, and its comments are left out.
 * @param sources the documents that are pages: a link to one of them leads to its page. A link to any other
 * file of the repository shows its text alone
 */
export function renderMarkdown(
  source: Source,
  sources: readonly Source[],
): { body: Html; sections: Section[] } {
  const slugger = new GithubSlugger();
  const sections: Section[] = [];
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }: Tokens.Heading) {
        const inner = this.parser.parseInline(tokens);
        if (depth === 1) return `<h1>${inner}</h1>\n`;
        const title = this.parser.parseInline(tokens, this.parser.textRenderer);
        const id = slugger.slug(title);
        sections.push({ id, title, text: "", isInMenu: depth <= MENU_DEPTH });
        return `<h${depth} id="${id}">${inner}<a class="anchor" href="#${id}" aria-label="Link to this section">#</a></h${depth}>\n`;
      },
      code({ text, lang }: Tokens.Code) {
        const shown = lang === "json" ? readable(text) : text;
        return `<pre tabindex="0"><code>${escaped(shown)}</code></pre>\n`;
      },
      html: htmlAsText,
      // A frame may break behind each comma, and not within a word.
      codespan: ({ text }: Tokens.Codespan) => `<code>${escaped(text).replaceAll(",", ",<wbr>")}</code>`,
      link({ href, tokens }: Tokens.Link) {
        const inner = this.parser.parseInline(tokens);
        const target = resolve(href, source.file, sources);
        return target === null ? inner : `<a href="${escaped(target)}">${inner}</a>`;
      },
    },
  });
  const tokens = marked.lexer(source.text);
  const rendered = marked
    .parser(tokens)
    .replaceAll("<table>", '<div class="scroll"><table>')
    .replaceAll("</table>", "</table></div>");
  fillText(tokens, sections);
  return { body: html`<div class="prose">${raw(rendered)}</div>`, sections };
}

/** A document as Markdown, without comments. Links to other documents lead to their Markdown. */
export function readableMarkdown({ text, file }: Source, sources: readonly Source[]): string {
  return text.replace(/<!--.*?-->\n?/gs, "").replace(/\[([^\]]*)\]\(([^)\s]*)\)/g, (_, label, href) => {
    const target = resolve(href, file, sources);
    const [path = "", hash] = target?.split("#") ?? [];
    const isPage = sources.some((source) => source.path === path);
    if (target === null) return label;
    return `[${label}](${isPage ? `${path}.md${hash === undefined ? "" : `#${hash}`}` : target})`;
  });
}

function htmlAsText({ text }: Tokens.HTML | Tokens.Tag): string {
  return text.trimStart().startsWith("<!--") ? "" : escaped(text);
}

/** Where a link of `file` leads on the server; null for a file of the repository that is no page. */
function resolve(href: string, file: string, sources: readonly Source[]): string | null {
  if (/^(?:[a-z]+:|#|\/)/.test(href)) return href;
  const { pathname, hash } = new URL(href, `repository:///${file}`);
  if (pathname === FRAMES_FILE) return FRAMES_PATH;
  const target = sources.find((source) => `/${source.file}` === pathname);
  return target ? target.path + hash : null;
}

/** Answers as they are printed, one on a line: each that is long is written over several lines. */
function readable(json: string): string {
  const lines = json.replaceAll("}{", "}\n{").split("\n");
  return lines.map((line) => (line.length > LONGEST_LINE && isJson(line) ? indented(line) : line)).join("\n");
}

const indented = (line: string) => JSON.stringify(JSON.parse(line), null, 2);

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** Gives each section the text between its heading and the next one, for the search. */
function fillText(
  tokens: readonly { type: string; raw: string; depth?: number }[],
  sections: Section[],
): void {
  let index = -1;
  for (const { type, raw: text, depth } of tokens) {
    if (type === "heading" && depth !== 1) index++;
    else {
      const section = sections[index];
      if (section && type !== "html") section.text += text.replace(/[`*|\s]+/g, " ");
    }
  }
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
