import type { Locator, Page } from "playwright-core";
import type { Person } from "../../../scripts/support/person.ts";

/** Sets who may write to a user and add them. */
export function wants(person: Person, audience: string): Promise<unknown> {
  return person.call("PATCH", "/v1/me", { who_may_write: audience, who_may_add: audience });
}

/** What leads to the message requests, above the conversations. */
export function entry(page: Page, n: number): Locator {
  return page.getByRole("link", {
    name: n === 1 ? "1 message request" : `${n} message requests`,
    exact: true,
  });
}
