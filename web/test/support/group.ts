import type { Locator, Page } from "playwright-core";
import type { Person } from "../../../scripts/support/person.ts";
import { confirm } from "./talk.ts";

/** The details of the conversation that a page shows. */
export function details(page: Page): Locator {
  return page.getByRole("complementary", { name: "Details" });
}

/** The row of a member in the details. */
export function member(page: Page, person: Person): Locator {
  return details(page).getByRole("listitem").filter({ hasText: person.user.username });
}

/** Does something about a member. @param isAsked whether the page asks before it does it */
export async function act(page: Page, person: Person, action: string, isAsked = false): Promise<void> {
  await details(page)
    .getByRole("button", { name: `Actions for ${person.user.username}` })
    .click();
  await page.getByRole("menuitem", { name: action, exact: true }).click();
  if (isAsked) await confirm(page, action);
}

/** A notice in the timeline. */
export function notice(page: Page, text: string): Locator {
  return page.getByRole("list", { name: "Messages" }).getByText(text).last();
}
