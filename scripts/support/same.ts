import { isDeepStrictEqual } from "node:util";

const SHOWN = 300;

/** @throws saying what is and what should be, unless both are deeply equal */
export function same(what: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what}: ${short(actual)} where ${short(expected)} should be`);
}

function short(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > SHOWN ? `${json.slice(0, SHOWN)}…` : json;
}
