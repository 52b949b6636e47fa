import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import type { TestServer } from "../../../packages/client/test/support/server.ts";
import type { Person } from "../../../scripts/support/person.ts";
import type { Site } from "./site.ts";

/** A call by a server key. @returns the body of the answer */
export async function byKey({ server }: Site<TestServer>, method: string, path: string, body: object) {
  const answer = await fetch(server.origin + path, {
    method,
    headers: { Authorization: `Bearer ${server.serverKey}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.ok, path).toBe(true);
  return Object(await answer.json());
}

/** Registers a user, and gives them a role by a server key. */
export async function staff(
  site: Site<TestServer>,
  role: "moderator" | "admin" | "auditor",
): Promise<Person> {
  const person = await site.person(role);
  await byKey(site, "PUT", `/v1/server/users/${person.user.id}`, { role });
  return person;
}

/** A group in which Ben has written something that Ann has reported. */
export async function reported(site: Site<TestServer>, text: string) {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  await ann.send(id, "Who brings the map?");
  const { seq } = await ben.send(id, text);
  const body = { message: { conversation_id: id, seq }, reason: "spam", note: `note on ${text}` };
  const { id: report } = Object(await ann.call("POST", "/v1/reports", body));
  return { ann, ben, id, seq, report: Number(report) };
}

/** What leads to a report, in the list of reports. */
export function reportRow(page: Page, text: string): Locator {
  return page.getByRole("list", { name: "Reports" }).getByRole("link").filter({ hasText: text });
}
