import { html, raw } from "hono/html";
import { type Document, type Operation, operations, type PlacedOperation } from "./document.ts";
import { descriptionOf, expanded, type Html, inline, type Shape } from "./shape.ts";
import { STYLE } from "./style.ts";
import { prose, rich } from "./text.ts";

/** The reference as one HTML page, generated from the document. It has no script and loads nothing. */
export function page(document: Document): Html {
  const { info, tags = [], components } = document;
  const placedOperations = operations(document);
  const sections = tags
    .map(({ name, description }) => ({
      name,
      description,
      placed: placedOperations.filter(({ operation }) => operation.tags?.includes(name)),
    }))
    .filter(({ placed }) => placed.length > 0);
  const shapes = Object.entries(components?.schemas ?? {}).sort(([a], [b]) => a.localeCompare(b));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${info.title} ${info.version}: reference</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<nav aria-label="Calls">
<p><a href="#top"><strong>${info.title}</strong></a> ${info.version}</p>
${sections.map(
  ({ name, placed }) => html`<h2><a href="#${name}">${name}</a></h2>
<ul>${placed.map(
    ({ method, path, operation }) =>
      html`<li><a href="#${operation.operationId}" title="${method.toUpperCase()} ${path}">${operation.summary}</a></li>`,
  )}</ul>`,
)}
<h2><a href="#shapes">Shapes</a></h2>
<ul>${shapes.map(([name]) => html`<li><a href="#shape-${name}">${name}</a></li>`)}</ul>
</nav>
<main id="top">
<h1>${info.title} <small>${info.version}</small></h1>
${prose(info.description ?? "")}
<p>Machine-readable: <a href="/openapi.json">openapi.json</a>.</p>
${sections.map(
  ({ name, description, placed }) => html`<section id="${name}">
<h2>${name}</h2>
<p>${rich(description ?? "")}</p>
${placed.map((item) => operationArticle(item, document))}
</section>`,
)}
<section id="shapes">
<h2>Shapes</h2>
${shapes.map(([name, shape]) => namedShape(name, shape))}
</section>
</main>
</body>
</html>`;
}

function namedShape(name: string, shape: Shape): Html {
  return html`<article id="shape-${name}">
<h3>${name}</h3>
${prose(shape.description ?? "")}
${expanded(shape)}
${example(shape)}
</article>`;
}

function operationArticle({ method, path, operation }: PlacedOperation, document: Document): Html {
  return html`<article id="${operation.operationId}">
<h3><span class="${method}">${method.toUpperCase()}</span> <code>${path}</code></h3>
<p><strong>${operation.summary}</strong>${operation.security?.length ? "" : " · no token"}</p>
${prose(operation.description ?? "")}
${token(operation, document)}
${input(operation)}
${answers(operation, document)}
</article>`;
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

function input({ parameters = [], requestBody }: Operation): Html {
  const body = requestBody && "content" in requestBody ? Object.entries(requestBody.content) : [];
  return html`${parameters.length > 0 ? html`<h4>Parameters</h4><dl>${parameters.map(parameter)}</dl>` : ""}
${body.map(
  ([type, { schema = {} }]) =>
    html`<h4>Body <small>${type}</small></h4>${"$ref" in schema ? html`<p>${inline(schema)}</p>` : expanded(schema)}`,
)}`;
}

function parameter(item: NonNullable<Operation["parameters"]>[number]): Html {
  if ("$ref" in item) return html``;
  return html`<dt><code>${item.name}</code> <small>${item.in}</small>${item.required ? "" : html`<i> optional</i>`}</dt>
<dd>${inline(item.schema ?? {})}${descriptionOf(item)}</dd>`;
}

function answers({ responses = {} }: Operation, { components }: Document): Html {
  const rows = Object.entries(responses).map(([status, response]) => {
    const name: string | undefined = response.$ref?.split("/").at(-1);
    return html`<dt><code>${status}</code></dt><dd>${answer((name && components?.responses?.[name]) || response)}</dd>`;
  });
  return html`<h4>Answers</h4><dl class="answers">${rows}</dl>`;
}

function answer(response: {
  description?: string;
  headers?: Record<string, { $ref?: string; description?: string }>;
  content?: Record<string, { schema?: Shape }>;
}): Html {
  const shapes = Object.entries(response.content ?? {}).map(([type, { schema = {} }]) =>
    // The second part of a problem only repeats the codes of the description.
    schema.allOf
      ? html` · ${inline(schema.allOf[0] ?? {})}`
      : html` · ${inline(schema)}${type === "application/json" ? "" : html` <small>${type}</small>`}`,
  );
  // The introduction names the headers that every answer has; they are references here.
  const headers = Object.entries(response.headers ?? {}).flatMap(([name, { $ref, description = "" }]) =>
    $ref === undefined ? html`<br><code>${name}</code> ${rich(description)}` : [],
  );
  return html`${rich(response.description ?? "")}${shapes}${headers}`;
}

function example({ example: value }: Shape): Html {
  return value === undefined ? html`` : html`<pre tabindex="0">${JSON.stringify(value, null, 2)}</pre>`;
}
