import { isDeepStrictEqual } from "node:util";

const SHOWN = 300;

/** Asserts deep equality. @throws an Error with the first values that differ, and where they are */
export function assertSame(what: string, actual: unknown, expected: unknown, path = ""): void {
  if (isDeepStrictEqual(actual, expected)) return;
  if (isContainer(actual) && isContainer(expected))
    for (const key of new Set([...Object.keys(actual), ...Object.keys(expected)]))
      assertSame(what, Reflect.get(actual, key), Reflect.get(expected, key), `${path}.${key}`);
  throw new Error(`${what}${path && ` (at ${path})`}: ${short(actual)} where ${short(expected)} should be`);
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function short(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > SHOWN ? `${json.slice(0, SHOWN)}…` : json;
}
