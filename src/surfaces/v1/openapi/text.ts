import { html } from "hono/html";

const BULLET = "- ";

/** The Markdown of descriptions as HTML. Only paragraphs, lists, `code` and **strong** are supported. */
export function prose(text: string) {
  return html`${text.split("\n\n").map(block)}`;
}

/** One line of it: `code` and **strong**. */
export function rich(text: string) {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*)/);
  return html`${parts.map((part) => {
    if (part.startsWith("`")) return html`<code>${part.slice(1, -1)}</code>`;
    return part.startsWith("**") ? html`<strong>${part.slice(2, -2)}</strong>` : html`${part}`;
  })}`;
}

function block(text: string) {
  if (!text.startsWith(BULLET)) return html`<p>${rich(text)}</p>`;
  const items = text.slice(BULLET.length).split(`\n${BULLET}`);
  return html`<ul>${items.map((item) => html`<li>${rich(item)}</li>`)}</ul>`;
}
