import { html } from "hono/html";
import {
  type Document,
  type Operation,
  operations,
  type PlacedOperation,
  type Responses,
} from "../../../src/surfaces/v1/openapi/document.ts";
import { codesOf, PROBLEMS } from "../../../src/surfaces/v1/problems.ts";
import { FRAMES_PATH, prose, rich } from "../markdown.ts";
import type { Html } from "../page/html.ts";
import type { DocsPage } from "../page/page.ts";
import { curl, exampleOf } from "./examples.ts";
import { descriptionOf, expanded, inline, isFrame, SHAPES_PATH, type Shape, type Shapes } from "./shape.ts";

const GROUP = "Calls of v1";
/** Failures that any call may give: the page about errors explains them once. */
const OF_EVERY_CALL = new Set<string>([
  "validation_failed",
  "unauthenticated",
  "too_large",
  "rate_limited",
  "internal",
  "unavailable",
]);

/** A page for each tag of the document, with its calls, and one with all named shapes. */
export function referencePages(document: Document): DocsPage[] {
  const placed = operations(document).sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  const shapes: Shapes = document.components?.schemas ?? {};
  const pages = (document.tags ?? []).map(({ name, description = "" }): DocsPage => {
    const members = placed.filter(({ operation }) => operation.tags?.includes(name));
    return {
      path: `/docs/calls/${name.toLowerCase().replaceAll(" ", "-")}`,
      title: name,
      group: GROUP,
      body: html`<h1>${name}</h1><p>${rich(description)}</p>${members.map((item) => call(item, document, shapes))}`,
      sections: members.map(section),
    };
  });
  return [...pages.filter(({ sections }) => sections.length > 0), shapesPage(shapes)];
}

/** The calls that a reader looks for first in their section; the others follow by path. */
const FIRST = ["register", "sendMessage", "createConversation"];

function rank({ operation }: PlacedOperation): number {
  return FIRST.includes(operation.operationId ?? "") ? 0 : 1;
}

function section({ method, path, operation }: PlacedOperation) {
  return {
    id: operation.operationId ?? "",
    title: operation.summary ?? path,
    text: `${method.toUpperCase()} ${path} ${operation.operationId} ${operation.description ?? ""}`,
    isInMenu: true,
  };
}

function shapesPage(shapes: Shapes): DocsPage {
  const entries = Object.entries(shapes)
    .filter(([name]) => !isFrame(name))
    .sort(([a], [b]) => a.localeCompare(b));
  return {
    path: SHAPES_PATH,
    title: "Shapes",
    group: GROUP,
    body: html`<h1>Shapes</h1>
<p>The named objects of requests and answers. The same shapes are in <a href="/openapi.json">openapi.json</a>.</p>
${entries.map(
  ([name, shape]) => html`<article id="${name}"><h3>${name}</h3>
${prose(shape.description ?? "")}
${expanded(shape)}
${example("Example", exampleOf({ schema: shape }, {}))}
</article>`,
)}`,
    sections: entries.map(([name, shape]) => ({
      id: name,
      title: name,
      text: `${shape.description ?? ""} ${Object.keys(shape.properties ?? {}).join(" ")}`,
      isInMenu: true,
    })),
  };
}

function call(placed: PlacedOperation, document: Document, shapes: Shapes): Html {
  const { method, path, operation } = placed;
  const line = curl(placed, shapes);
  const answered = Object.entries(operation.responses ?? {}).flatMap(([status, response]) => {
    const shown = status.startsWith("2") && exampleOf(response.content?.["application/json"] ?? {}, shapes);
    return shown ? [example(`Answer ${status}`, shown)] : [];
  });
  return html`<article class="call" id="${operation.operationId}">
<h2>${operation.summary}<a class="anchor" href="#${operation.operationId}" aria-label="Link to this call">#</a></h2>
<p class="address"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code>${needsToken(operation) ? "" : html` <small>· no token</small>`}</p>
<div>
${prose(operation.description ?? "")}
${token(operation, document)}
${input(operation, shapes)}
${answers(operation)}
${errors(operation)}
</div>
<div class="example">
${line ? html`<h4>Example</h4><pre tabindex="0"><code>${line}</code></pre>` : ""}
${answered.at(-1) ?? ""}
${"101" in (operation.responses ?? {}) ? html`<p><a href="${FRAMES_PATH}">Frames of the sockets</a> shows what is sent and received.</p>` : ""}
</div>
</article>`;
}

function needsToken({ security = [] }: Operation): boolean {
  return security.length > 0;
}

/** The ways to send a token, for operations that accept more than the header. */
function token({ security = [] }: Operation, { components }: Document): Html {
  const carriers = security.flatMap((requirement) => Object.keys(requirement));
  if (carriers.length < 2) return html``;
  const rows = carriers.map((name) => {
    const scheme = components?.securitySchemes?.[name];
    return html`<dt><code>${name}</code></dt><dd>${rich(scheme?.description ?? "")}</dd>`;
  });
  return html`<h4>Token, in one of</h4><dl>${rows}</dl>`;
}

function input({ parameters = [], requestBody }: Operation, shapes: Shapes): Html {
  const body = requestBody && "content" in requestBody ? Object.entries(requestBody.content) : [];
  return html`${parameters.length > 0 ? html`<h4>Parameters</h4><dl>${parameters.map(parameter)}</dl>` : ""}
${body.map(([type, { schema = {} }]) => html`<h4>Body <small>${type}</small></h4>${expanded(schema, shapes)}`)}`;
}

function parameter(item: NonNullable<Operation["parameters"]>[number]): Html {
  if ("$ref" in item) return html``;
  return html`<dt><code>${item.name}</code> <small>${item.in}, ${inline(item.schema ?? {})}</small>${item.required ? "" : html` <i>optional</i>`}</dt>
<dd>${descriptionOf(item)}</dd>`;
}

/** The answers that are no failures. */
function answers({ responses = {} }: Operation): Html {
  const rows = Object.entries(responses)
    .filter(([, response]) => codesOf(response).length === 0)
    .map(
      ([status, response]) =>
        html`<dt><code>${status}</code> ${answer(response)}</dt><dd>${headers(response)}</dd>`,
    );
  return html`<h4>Answers</h4><dl>${rows}</dl>`;
}

function answer({
  description = "",
  content = {},
}: {
  description?: string;
  content?: Record<string, { schema?: Shape }>;
}): Html {
  const shown = Object.entries(content).map(
    ([type, { schema = {} }]) =>
      html` · ${inline(schema)}${type === "application/json" ? "" : html` <small>${type}</small>`}`,
  );
  return html`${rich(description)}${shown}`;
}

function headers({ headers: all = {} }: { headers?: Record<string, { description?: string }> }): Html {
  return html`${Object.entries(all).map(([name, { description = "" }]) => html`<code>${name}</code> ${rich(description)}<br>`)}`;
}

/** The failures that are particular to the call, and a link to those of every call. */
function errors({ responses = {} }: { responses?: Responses }): Html {
  const codes = Object.values(responses).flatMap(codesOf);
  const own = codes.filter((code) => !OF_EVERY_CALL.has(code));
  const rows = own.map((code) => {
    const { status, title } = PROBLEMS[code];
    return html`<dt><code>${code}</code> <small>${status}</small></dt><dd>${title}</dd>`;
  });
  return html`<h4>Errors</h4>${rows.length > 0 ? html`<dl class="errors">${rows}</dl>` : ""}
<p class="said">${rows.length > 0 ? "And those" : "Those"} of <a href="/docs/errors">every call</a>.</p>`;
}

function example(title: string, value: unknown): Html {
  if (value === undefined) return html``;
  return html`<h4>${title}</h4><pre tabindex="0"><code>${JSON.stringify(value, null, 2)}</code></pre>`;
}
