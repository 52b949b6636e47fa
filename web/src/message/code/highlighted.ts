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

const languages = { bash, css, go, java, javascript, json, python, rust, sql, typescript, xml, yaml };
const lowlight = createLowlight(languages);
/** HTML alone: where scripts have colours too, each `<script>` has all text behind it read once more. */
const html = createLowlight({ xml });

/** Longer code, in UTF-16 units, is not read: the page would stop for it. */
const LONGEST = 8_000;
/** Nor is code with a longer word: languages look for what may begin a name at each of its letters. */
const LONGEST_WORD = 500;
/** Nor is code shown with more parts within one another: drawing goes into each of them. */
const DEEPEST = 50;

/** A part of code, as highlight.js names it. */
export interface Part {
  readonly type: string;
  readonly value?: string;
  readonly properties?: { readonly className?: unknown };
  readonly children?: readonly Part[];
}

/** The parts of code; undefined: the language is not known, or the code is too long or too deep. */
export function highlighted(text: string, language: string): readonly Part[] | undefined {
  const name = language.toLowerCase();
  if (text.length > LONGEST || !lowlight.registered(name)) return undefined;
  if (text.split(/[^\w$]/).some((word) => word.length > LONGEST_WORD)) return undefined;
  const tree: Part = (html.registered(name) ? html : lowlight).highlight(name, text);
  return isDeep(tree, DEEPEST) ? undefined : tree.children;
}

function isDeep({ children = [] }: Part, most: number): boolean {
  return most === 0 || children.some((one) => isDeep(one, most - 1));
}
