/** A header such as `multipart/form-data; boundary=x`: its value, and its parameters by lower-case name. */
export interface Parameterized {
  value: string;
  parameters: Map<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const ONLY_TOKEN = new RegExp(`^${TOKEN}$`);
const VALUE = new RegExp(`^(${TOKEN}(?:/${TOKEN})?)[ \\t]*`);
const PARAMETER = new RegExp(`;[ \\t]*(?:(${TOKEN})=(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN})))?[ \\t]*`, "sy");

/** Whether a value needs no quotes in a header (RFC 9110, 5.6.2). */
export function isToken(text: string): boolean {
  return ONLY_TOKEN.test(text);
}

/** Reads a header with parameters (RFC 9110, 5.6.6); null if it is malformed or repeats a parameter. */
export function readParameters(header: string): Parameterized | null {
  const [start, value] = VALUE.exec(header) ?? [];
  if (start === undefined || value === undefined) return null;
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = start.length;
  while (PARAMETER.lastIndex < header.length) {
    const found = PARAMETER.exec(header);
    if (!found) return null;
    const [, name, quoted, plain] = found;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    if (parameters.has(key)) return null;
    parameters.set(key, quoted === undefined ? (plain ?? "") : unquote(quoted));
  }
  return { value: value.toLowerCase(), parameters };
}

/** Browsers do not escape the backslashes of a file name: only `\"` and `\\` count as escapes. */
function unquote(text: string): string {
  return text.replace(/\\(["\\])/g, "$1");
}
