import { isDeepStrictEqual } from "node:util";

const SHOWN = 300;

/** Asserts deep equality. @throws an Error with both values */
export function assertSame(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what}: ${short(actual)} where ${short(expected)} should be`);
}

function short(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > SHOWN ? `${json.slice(0, SHOWN)}…` : json;
}
