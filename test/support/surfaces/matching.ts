/** The values for `{name}`. */
export type Values = Record<string, unknown>;

/** Puts the values into JSON. A placeholder that is the whole string keeps the type of its value. */
export function fill(value: unknown, values: Values): unknown {
  if (typeof value === "string") {
    const alone = /^\{([\w.]+)\}$/.exec(value)?.[1];
    return alone === undefined ? fillText(value, values) : known(values, alone);
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, values)]));
}

/** Puts the values into a text. */
export function fillText(text: string, values: Values): string {
  return text.replace(/\{([\w.]+)\}/g, (_, name: string) => String(known(values, name)));
}

function known(values: Values, name: string): unknown {
  if (!(name in values)) throw new Error(`the values have no ${name}`);
  return values[name];
}

const KINDS: Record<string, (value: unknown) => boolean> = {
  int: (value) => Number.isSafeInteger(value),
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  time: (value) => typeof value === "string" && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value),
  digits: (value) => typeof value === "string" && /^\d+$/.test(value),
};

/** How an answer is compared. */
interface Comparison {
  /** objects may have more fields than are expected */
  isPart?: boolean;
  /** gets what `<kind name>` matches, by its name */
  captured?: Values;
}

/**
 * Where JSON is not as expected. In what is expected `<int>`, `<string>`, `<boolean>`, `<time>` and
 * `<digits>` match any value of that kind, a string that ends with `*` matches by prefix, and one that also
 * begins with `*` matches by what is between.
 */
export function differences(value: unknown, expected: unknown, at: string, how: Comparison = {}): string[] {
  const flaw = [`${at} is ${JSON.stringify(value)}, not ${JSON.stringify(expected)}`];
  if (typeof expected === "string") return isLike(value, expected, how) ? [] : flaw;
  if (typeof expected !== "object" || expected === null) return value === expected ? [] : flaw;
  if (typeof value !== "object" || value === null) return flaw;
  if (Array.isArray(expected) !== Array.isArray(value)) return flaw;
  const [there, meant] = [new Map(Object.entries(value)), new Map(Object.entries(expected))];
  const isWhole = !how.isPart || Array.isArray(expected);
  return [...new Set([...(isWhole ? there.keys() : []), ...meant.keys()])].flatMap((key) =>
    differences(there.get(key), meant.get(key), `${at}.${key}`, how),
  );
}

function isLike(value: unknown, expected: string, { captured }: Comparison): boolean {
  const [, kind = "", name] = /^<(\w+)(?: ([\w.]+))?>$/.exec(expected) ?? [];
  const isOfKind = KINDS[kind];
  if (isOfKind) {
    if (name !== undefined && captured) captured[name] = value;
    return isOfKind(value);
  }
  if (!expected.endsWith("*")) return value === expected;
  if (typeof value !== "string") return false;
  if (expected.startsWith("*")) return value.includes(expected.slice(1, -1));
  return value.startsWith(expected.slice(0, -1));
}
