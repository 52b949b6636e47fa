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
  expect(answer.status, path).toBe(200);
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
