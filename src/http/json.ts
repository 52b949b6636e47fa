import { invalid } from "../domain/errors.ts";
import { unstorable } from "../domain/text.ts";

const MAX_DEPTH = 32;

/**
 * Parses JSON from a client. The caller checks the value by `requireSound`.
 * @throws `validation_failed`
 */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(path, "must be JSON");
  }
}

/**
 * Refuses a value that no schema would refuse: nesting deeper than 32 levels, and strings (keys included)
 * that cannot be stored.
 * @param path of the value in the error
 * @throws `validation_failed`
 */
export function requireSound(value: unknown, path: string): void {
  const found = findFlaw(value, 0);
  if (found) throw invalid([path, ...found.at].join("."), found.message);
}

interface Flaw {
  at: string[];
  message: string;
}

/** The first flaw of a value; null if there is none. */
function findFlaw(value: unknown, depth: number): Flaw | null {
  if (typeof value === "string") {
    const message = unstorable(value);
    return message === null ? null : { at: [], message };
  }
  if (typeof value !== "object" || value === null) return null;
  if (depth === MAX_DEPTH) return { at: [], message: `must not be nested deeper than ${MAX_DEPTH} levels` };
  for (const [key, inner] of Object.entries(value)) {
    if (unstorable(key) !== null) return { at: [], message: "has a key that is not well-formed text" };
    const found = findFlaw(inner, depth + 1);
    if (found) return { at: found.at.length < 3 ? [key, ...found.at] : found.at, message: found.message };
  }
  return null;
}
