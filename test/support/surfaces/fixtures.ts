import { expect } from "vitest";
import { z } from "zod";
import { wire } from "../clients/wire.ts";
import { differences, fill } from "./matching.ts";

/**
 * A call as a client makes it, and its answer. In strings `{name}` stands for a value of the test. The answer
 * must have exactly these fields; `differences` says what matches what.
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
