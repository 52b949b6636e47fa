import { expect } from "vitest";
import { z } from "zod";
import { wire } from "../clients/wire.ts";

/**
 * A call as a client of its document makes it, and what it is answered. `{name}` in a string stands for a value of the
 * scene; in an answer `<int>`, `<string>`, `<boolean>`, `<time>` and `<digits>` stand for any value of that kind, and a string
 * that ends with `*` for whatever begins so. Nothing else may be there, and nothing may lack.
 */
export const Fixture = z.object({
  /** as the document names it */
  call: z.string(),
  /** of the document's table */
  code: z.int(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.json().optional(),
    /** settings which the server has instead of its own */
    settings: z.record(z.string(), z.string()).optional(),
  }),
  answer: z.object({ status: z.int(), body: z.json() }),
});
export type Fixture = z.infer<typeof Fixture>;

/** What stands for `{name}`. */
export type Scene = Record<string, string | number>;

/** The fixtures of a folder by file name. @param files what `import.meta.glob` gives, loaded */
export function readFixtures(files: Record<string, unknown>): [string, Fixture][] {
  return Object.entries(files).map(([path, file]) => {
    const { default: content } = z.object({ default: z.unknown() }).parse(file);
    return [path.replace(/^.*\/|\.json$/g, ""), Fixture.parse(content)];
  });
}

/** Makes a fixture's call; the answer must be just as it says. */
export async function play({ request, answer }: Fixture, scene: Scene): Promise<void> {
  const { method, path, headers, body, settings } = request;
  const filled = Object.entries(headers).map(([name, value]) => [name, String(fill(value, scene))]);
  const answered = await wire({
    method,
    path: String(fill(path, scene)),
    headers: Object.fromEntries(filled),
    ...(body !== undefined && { body: fill(body, scene) }),
    ...(settings && { settings }),
  });
  const flaws = differences(answered.body, fill(answer.body, scene), "body");
  const { status } = answered;
  expect({ status, flaws }, JSON.stringify(answered.body)).toEqual({ status: answer.status, flaws: [] });
}

/** A number that stands alone stays one. */
function fill(value: unknown, scene: Scene): unknown {
  if (typeof value === "string") {
    const alone = /^\{([\w.]+)\}$/.exec(value)?.[1];
    if (alone !== undefined) return known(scene, alone);
    return value.replace(/\{([\w.]+)\}/g, (_, name: string) => String(known(scene, name)));
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, scene));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, scene)]));
}

function known(scene: Scene, name: string): string | number {
  const value = scene[name];
  if (value === undefined) throw new Error(`the scene has no ${name}`);
  return value;
}

const KINDS: Record<string, (value: unknown) => boolean> = {
  "<int>": (value) => Number.isSafeInteger(value),
  "<string>": (value) => typeof value === "string",
  "<boolean>": (value) => typeof value === "boolean",
  "<time>": (value) => typeof value === "string" && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value),
  "<digits>": (value) => typeof value === "string" && /^\d+$/.test(value),
};

function differences(value: unknown, wanted: unknown, at: string): string[] {
  const flaw = [`${at} is ${JSON.stringify(value)}, not ${JSON.stringify(wanted)}`];
  if (typeof wanted === "string" && KINDS[wanted]) return KINDS[wanted](value) ? [] : flaw;
  if (typeof wanted === "string" && wanted.endsWith("*"))
    return typeof value === "string" && value.startsWith(wanted.slice(0, -1)) ? [] : flaw;
  if (typeof wanted !== "object" || wanted === null) return value === wanted ? [] : flaw;
  if (typeof value !== "object" || value === null) return flaw;
  if (Array.isArray(wanted) !== Array.isArray(value)) return flaw;
  const [there, meant] = [new Map(Object.entries(value)), new Map(Object.entries(wanted))];
  return [...new Set([...there.keys(), ...meant.keys()])].flatMap((key) =>
    differences(there.get(key), meant.get(key), `${at}.${key}`),
  );
}
