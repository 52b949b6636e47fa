const TOKEN =
  /\s*(?:([{}[\],:])|("[^"\\\n]*(?:\\.[^"\\\n]*)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.]))/y;

/** What may come next: a value, a key, or what is behind a value or a key. */
type Wanted = "value" | "key" | "colon" | "comma";

/** The line, from 0, at which a text that is no JSON ceases to be it: the parser does not always say. */
export function lineOfFlaw(text: string): number {
  const token = new RegExp(TOKEN);
  const open: string[] = [];
  let wanted: Wanted = "value";
  let isFirst = true;
  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const [all, sign = "", string] = token.exec(text) ?? [];
    if (all === undefined) return lineAt(text, at);
    const next = step(open, wanted, isFirst, sign, string !== undefined);
    if (next === undefined) return lineAt(text, at);
    isFirst = sign === "{" || sign === "[";
    wanted = next;
    at += all.length;
  }
}

/** What is wanted behind a token; undefined: the token is the flaw. */
function step(
  open: string[],
  wanted: Wanted,
  isFirst: boolean,
  sign: string,
  isString: boolean,
): Wanted | undefined {
  if (sign === "}" || sign === "]") {
    const isEmpty = isFirst && (wanted === "key" || wanted === "value");
    const opener = open.pop();
    return (wanted === "comma" || isEmpty) && opener === (sign === "}" ? "{" : "[") ? "comma" : undefined;
  }
  if (wanted === "value") {
    if (sign === "{" || sign === "[") open.push(sign);
    if (sign === "{") return "key";
    if (sign === "[") return "value";
    return sign === "" ? "comma" : undefined;
  }
  if (wanted === "key") return isString ? "colon" : undefined;
  if (wanted === "colon") return sign === ":" ? "value" : undefined;
  if (sign !== "," || open.length === 0) return undefined;
  return open.at(-1) === "{" ? "key" : "value";
}

function lineAt(text: string, at: number): number {
  const before = text.slice(0, at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0));
  return before.split("\n").length - 1;
}
