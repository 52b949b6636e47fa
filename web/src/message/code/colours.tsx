import type { ComponentChildren } from "preact";
import { highlighted, type Part } from "./highlighted.ts";

/** The kinds of parts that have a colour, by the names that highlight.js gives them. */
const KINDS: Record<string, string> = {
  ...{ keyword: "word", literal: "word", "selector-tag": "word", name: "word", meta: "word" },
  ...{ string: "string", regexp: "string", comment: "comment", quote: "comment", number: "number" },
  ...{ title: "name", attr: "name", attribute: "name", built_in: "name", type: "name", variable: "name" },
};

/** Code in its colours, as nodes; undefined: it has none. */
export function colours(text: string, language: string): ComponentChildren {
  return highlighted(text, language)?.map(drawn);
}

function drawn(node: Part, i: number): ComponentChildren {
  if (node.type === "text") return node.value;
  const names = Array.isArray(node.properties?.className) ? node.properties.className : [];
  const kind = KINDS[String(names[0]).replace("hljs-", "")];
  return (
    <span key={i} data-token={kind}>
      {node.children?.map(drawn)}
    </span>
  );
}
