import { expect } from "vitest";
import { LAST_TIME } from "../../../src/lib/stored-time.ts";

/** A field of JSON that is a time, by its name. */
const TIME = /"\w*(?:at|until|time|timestamp|date)":(\d+)/g;

/**
 * Fails on a time that is no date, on a text of a year that RFC 3339 has no form for, and on an address that
 * a page would run.
 */
export function expectShowable(body: unknown, what: string): void {
  const json = JSON.stringify(body) ?? "";
  for (const [field, number] of json.matchAll(TIME))
    expect(Number(number), `${what}: ${field}`).toBeLessThanOrEqual(LAST_TIME);
  expect(json, what).not.toMatch(/[+-]\d{6}-\d\d-\d\dT/);
  expect(json, what).not.toMatch(/"(?:javascript|data):/);
}
