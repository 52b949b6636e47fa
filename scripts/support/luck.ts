import { parseSync, Visitor } from "oxc-parser";

/** A line whose outcome depends on which of two things is quicker. */
export interface Luck {
  line: number;
  what: string;
}

/** What looks for a kind of luck in some files. */
interface Rule {
  /** whether it is about a file, by its path */
  concerns: (path: string) => boolean;
  /** what is wrong with a call; undefined: nothing */
  ofCall?: (callee: string, text: string) => string | undefined;
  /** what is wrong with an attribute of JSX; undefined: nothing */
  ofAttribute?: (name: string, text: string) => string | undefined;
}

const isProduct = (path: string) => /^(web|packages\/react)\/src\//.test(path);

/** Gives something the focus; a window of messages is told that the user looks at it by the same name. */
const FOCUS = /(?<!\bwindow\??)\.focus\(/;
/** A key, or what a key does. */
const KEY = /["'](key(down|up|press)|paste|popstate)["']/;

const RULES: readonly Rule[] = [
  {
    // Preact runs an effect a frame after the render, and React when it has time. A key that is pressed
    // before is another element's, and the focus that comes late is taken from where the user is.
    concerns: isProduct,
    ofCall: (callee, text) => {
      if (callee === "useEffect" && (FOCUS.test(text) || KEY.test(text)))
        return "useEffect takes the focus or a key after the render: useLayoutEffect";
      if (
        /^(window\.)?(requestAnimationFrame|requestIdleCallback|setTimeout)$/.test(callee) &&
        FOCUS.test(text)
      )
        return `${callee} takes the focus after the render: useLayoutEffect`;
      return undefined;
    },
    ofAttribute: (name, text) =>
      name === "onToggle" && FOCUS.test(text)
        ? "onToggle moves the focus when the next key may be there: onBeforeToggle, or useLayoutEffect"
        : undefined,
  },
];

/** The lines of a file on which luck decides. */
export function luckIn(path: string, text: string): Luck[] {
  const rules = RULES.filter(({ concerns }) => concerns(path));
  if (rules.length === 0) return [];
  const found: Luck[] = [];
  const note = (start: number, what: string | undefined) => {
    if (what !== undefined) found.push({ line: text.slice(0, start).split("\n").length, what });
  };
  const { program } = parseSync(path, text);
  new Visitor({
    CallExpression({ start, end, callee }) {
      const name = text.slice(callee.start, callee.end);
      for (const { ofCall } of rules) note(start, ofCall?.(name, text.slice(start, end)));
    },
    JSXAttribute({ start, end, name }) {
      const called = text.slice(name.start, name.end);
      for (const { ofAttribute } of rules) note(start, ofAttribute?.(called, text.slice(start, end)));
    },
  }).visit(program);
  return found;
}
