import { expect } from "vitest";
import { z } from "zod";
import { wire } from "../clients/wire.ts";

/**
 * A call as a client makes it, and its answer. In strings `{name}` stands for a value of the test. In an
 * answer `<int>`, `<string>`, `<boolean>`, `<time>` and `<digits>` match any value of that kind, and a string
 * that ends with `*` matches by prefix. The answer must have exactly these fields.
 */
export const Fixture = z.object({
  /** the call's name in the document */
  call: z.string(),
  /** the code in the document's table */
  code: z.int(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.json().optional(),
    /** settings that replace the server's own */
    settings: z.record(z.string(), z.string()).optional(),
  }),
  answer: z.object({ status: z.int(), body: z.json() }),
});
export type Fixture = z.infer<typeof Fixture>;

/** The values for `{name}`. */
export type FixtureValues = Record<string, string | number>;

/** The fixtures of a folder, by file name. @param files the loaded result of `import.meta.glob` */
export function readFixtures(files: Record<string, unknown>): [string, Fixture][] {
  return Object.entries(files).map(([path, file]) => {
    const { default: content } = z.object({ default: z.unknown() }).parse(file);
    return [path.replace(/^.*\/|\.json$/g, ""), Fixture.parse(content)];
  });
}

/** Makes a fixture's call, and asserts its answer. */
export async function playFixture({ request, answer }: Fixture, values: FixtureValues): Promise<void> {
  const { method, path, headers, body, settings } = request;
  const filled = Object.entries(headers).map(([name, value]) => [name, String(fill(value, values))]);
  const answered = await wire({
    method,
    path: String(fill(path, values)),
    headers: Object.fromEntries(filled),
    ...(body !== undefined && { body: fill(body, values) }),
    ...(settings && { settings }),
  });
  const flaws = differences(answered.body, fill(answer.body, values), "body");
  const { status } = answered;
  expect({ status, flaws }, JSON.stringify(answered.body)).toEqual({ status: answer.status, flaws: [] });
}

/** A placeholder that is the whole string keeps the type of its value. */
function fill(value: unknown, values: FixtureValues): unknown {
  if (typeof value === "string") {
    const alone = /^\{([\w.]+)\}$/.exec(value)?.[1];
    if (alone !== undefined) return known(values, alone);
    return value.replace(/\{([\w.]+)\}/g, (_, name: string) => String(known(values, name)));
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, values)]));
}

function known(values: FixtureValues, name: string): string | number {
  const value = values[name];
  if (value === undefined) throw new Error(`the values have no ${name}`);
  return value;
}

const KINDS: Record<string, (value: unknown) => boolean> = {
  "<int>": (value) => Number.isSafeInteger(value),
  "<string>": (value) => typeof value === "string",
  "<boolean>": (value) => typeof value === "boolean",
  "<time>": (value) => typeof value === "string" && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value),
  "<digits>": (value) => typeof value === "string" && /^\d+$/.test(value),
};

function differences(value: unknown, expected: unknown, at: string): string[] {
  const flaw = [`${at} is ${JSON.stringify(value)}, not ${JSON.stringify(expected)}`];
  if (typeof expected === "string" && KINDS[expected]) return KINDS[expected](value) ? [] : flaw;
  if (typeof expected === "string" && expected.endsWith("*"))
    return typeof value === "string" && value.startsWith(expected.slice(0, -1)) ? [] : flaw;
  if (typeof expected !== "object" || expected === null) return value === expected ? [] : flaw;
  if (typeof value !== "object" || value === null) return flaw;
  if (Array.isArray(expected) !== Array.isArray(value)) return flaw;
  const [there, meant] = [new Map(Object.entries(value)), new Map(Object.entries(expected))];
  return [...new Set([...there.keys(), ...meant.keys()])].flatMap((key) =>
    differences(there.get(key), meant.get(key), `${at}.${key}`),
  );
}
