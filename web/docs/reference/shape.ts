import { html } from "hono/html";
import { nameOf } from "../../../src/surfaces/v1/openapi/normalize.ts";
import { FRAMES_PATH, rich } from "../markdown.ts";
import type { Html } from "../page/html.ts";

/** The page that has all named shapes. */
export const SHAPES_PATH = "/docs/shapes";

/** The parts of a JSON schema that the pages show. */
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
  examples?: unknown[];
  pattern?: string;
  minimum?: number;
  exclusiveMinimum?: number | boolean;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** The named shapes of a document. */
export type Shapes = Record<string, Shape>;

/** Whether a named shape is a frame of a socket. */
export function isFrame(name: string): boolean {
  return name.endsWith("Frame");
}

/** A shape in one line: its type, or a link to a named shape. */
export function inline(shape: Shape): Html {
  const name = nameOf(shape);
  if (name !== undefined)
    return html`<a href="${isFrame(name) ? FRAMES_PATH : SHAPES_PATH}#${name}">${name}</a>`;
  if (shape.const !== undefined) return html`<code>${JSON.stringify(shape.const)}</code>`;
  if (shape.enum)
    return between(
      shape.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`),
      " | ",
    );
  const parts = shape.oneOf ?? shape.anyOf;
  if (parts) return between(parts.map(inline), " | ");
  if (shape.allOf) return between(shape.allOf.map(inline), " & ");
  if (shape.items) return html`list of ${inline(shape.items)}`;
  const types = [shape.type ?? "any"].flat().join(" or ");
  return html`${types}${shape.format === "uri" ? " (URL)" : ""}${limits(shape)}`;
}

/**
 * A shape with its fields, nested down to named shapes.
 * @param shapes the named shapes of which the outermost one is written out, too
 */
export function expanded(shape: Shape, shapes: Shapes = {}): Html {
  const named = shapes[nameOf(shape) ?? ""];
  if (named) return html`${expanded(named)}`;
  const parts = shape.allOf ?? shape.oneOf ?? shape.anyOf;
  if (parts) {
    const word = shape.allOf ? "All of:" : "One of:";
    return html`<p>${word}</p><ul>${parts.map((part) => html`<li>${hasFields(part) ? expanded(part) : inline(part)}${descriptionOf(part)}</li>`)}</ul>`;
  }
  if (shape.items && hasFields(shape.items))
    return html`<p>A list. Each item has:</p>${expanded(shape.items)}`;
  const fields = Object.entries(shape.properties ?? {});
  if (fields.length === 0)
    return html`<p>${shape.properties ? "An object without fields." : inline(shape)}</p>`;
  return html`<dl>${fields.map(([name, field]) => row(name, field, shape.required?.includes(name) ?? false))}</dl>`;
}

function row(name: string, field: Shape, isRequired: boolean): Html {
  return html`<dt><code>${name}</code> <small>${hasFields(field) ? "" : inline(field)}</small>${isRequired ? "" : html` <i>optional</i>`}</dt>
<dd>${descriptionOf(field)}${hasFields(field) ? html`<div class="sub">${expanded(field)}</div>` : ""}</dd>`;
}

/** The description of a shape. */
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
