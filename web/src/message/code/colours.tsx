import bash from "highlight.js/lib/languages/bash";
import css from "highlight.js/lib/languages/css";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";
import type { ComponentChildren } from "preact";

const languages = { bash, css, go, java, javascript, json, python, rust, sql, typescript, xml, yaml };
const lowlight = createLowlight(languages);

/** Longer code, in characters, has no colours: the page would stop for them. */
const LONGEST = 20_000;

/** The kinds of parts that have a colour, by the names that highlight.js gives them. */
const KINDS: Record<string, string> = {
  ...{ keyword: "word", literal: "word", "selector-tag": "word", name: "word", meta: "word" },
  ...{ string: "string", regexp: "string", comment: "comment", quote: "comment", number: "number" },
  ...{ title: "name", attr: "name", attribute: "name", built_in: "name", type: "name", variable: "name" },
};

interface Node {
  type: string;
  value?: string;
  properties?: { className?: unknown };
  children?: readonly Node[];
}

/** Code in its colours, as nodes; undefined: the language is not known, or the code is long. */
export function colours(text: string, language: string): ComponentChildren {
  const name = language.toLowerCase();
  if (text.length > LONGEST || !lowlight.registered(name)) return undefined;
  return lowlight.highlight(name, text).children.map(drawn);
}

function drawn(node: Node, i: number): ComponentChildren {
  if (node.type === "text") return node.value;
  const names = Array.isArray(node.properties?.className) ? node.properties.className : [];
  const kind = KINDS[String(names[0]).replace("hljs-", "")];
  return (
    <span key={i} data-token={kind}>
      {node.children?.map(drawn)}
    </span>
  );
}
