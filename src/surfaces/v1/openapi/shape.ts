import { html } from "hono/html";
import { rich } from "./text.ts";

/** Escaped HTML, as `hono/html` builds it. */
export type Html = ReturnType<typeof html>;

/** The parts of a JSON schema that the page shows. */
export interface Shape {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  properties?: Record<string, Shape>;
  required?: string[];
  items?: Shape;
  allOf?: Shape[];
  anyOf?: Shape[];
  oneOf?: Shape[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  pattern?: string;
  minimum?: number;
  exclusiveMinimum?: number | boolean;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** A shape in one line: its type, or a link to a named shape. */
export function inline(shape: Shape): Html {
  const name = shape.$ref?.split("/").at(-1);
  if (name !== undefined) return html`<a href="#shape-${name}">${name}</a>`;
  if (shape.const !== undefined) return html`<code>${JSON.stringify(shape.const)}</code>`;
  if (shape.enum)
    return between(
      shape.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`),
      " | ",
    );
  const parts = shape.oneOf ?? shape.anyOf;
  if (parts) return between(parts.map(inline), " | ");
  if (shape.allOf) return between(shape.allOf.map(inline), " & ");
  if (shape.items) return html`a list: ${inline(shape.items)}`;
  const types = [shape.type ?? "any"].flat().join(" or ");
  return html`${types}${shape.format === "uri" ? " (URL)" : ""}${limits(shape)}`;
}

/** A shape with its fields, nested down to named shapes. */
export function expanded(shape: Shape): Html {
  const parts = shape.allOf ?? shape.oneOf ?? shape.anyOf;
  if (parts) {
    const word = shape.allOf ? "All of:" : "One of:";
    return html`<p>${word}</p><ul>${parts.map((part) => html`<li>${hasFields(part) ? expanded(part) : inline(part)}${descriptionOf(part)}</li>`)}</ul>`;
  }
  if (shape.items && hasFields(shape.items)) return html`<p>A list, each of it:</p>${expanded(shape.items)}`;
  const fields = Object.entries(shape.properties ?? {});
  if (fields.length === 0)
    return html`<p>${shape.properties ? "An object without fields." : inline(shape)}</p>`;
  return html`<dl>${fields.map(([name, field]) => row(name, field, shape.required?.includes(name) ?? false))}</dl>`;
}

function row(name: string, field: Shape, required: boolean): Html {
  return html`<dt><code>${name}</code>${required ? "" : html`<i> optional</i>`}</dt>
<dd>${hasFields(field) ? "" : inline(field)}${descriptionOf(field)}${hasFields(field) ? expanded(field) : ""}</dd>`;
}

/** The description of a shape, set off from its type. */
export function descriptionOf({ description }: Pick<Shape, "description">): Html {
  return description === undefined ? html`` : html` <span class="said">${rich(description)}</span>`;
}

/** Whether a shape has fields, so that one line cannot show it. */
function hasFields(shape: Shape): boolean {
  const parts = shape.allOf ?? shape.oneOf ?? shape.anyOf ?? [];
  return (
    shape.properties !== undefined ||
    (shape.items !== undefined && hasFields(shape.items)) ||
    parts.some(hasFields)
  );
}

function limits(shape: Shape): string {
  const { minimum, exclusiveMinimum, maximum, pattern } = shape;
  const lowest = typeof exclusiveMinimum === "number" ? exclusiveMinimum + 1 : minimum;
  const parts = [
    range(lowest, maximum, ""),
    range(shape.minLength, shape.maxLength, " characters"),
    range(shape.minItems, shape.maxItems, " items"),
    pattern && ` matching ${pattern}`,
    shape.default !== undefined && `, ${JSON.stringify(shape.default)} if absent`,
  ];
  return parts.filter(Boolean).join("");
}

function range(from: number | undefined, to: number | undefined, of: string): string {
  if (from === undefined && to === undefined) return "";
  if (to === undefined) return ` from ${from}${of}`;
  return from === undefined ? ` up to ${to}${of}` : ` ${from} to ${to}${of}`;
}

function between(parts: Html[], separator: string): Html {
  return html`${parts.map((part, i) => (i === 0 ? part : html`${separator}${part}`))}`;
}
