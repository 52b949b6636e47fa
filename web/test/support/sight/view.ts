import type { Locator, Page } from "playwright-core";
import { focusRow } from "../talk.ts";
import type { Say } from "./say.ts";
import type { World } from "./world.ts";

/** A view of the page. */
export interface View {
  /** how it is called in what a test says */
  readonly name: string;
  /** the part of the address behind `#` */
  readonly hash: (world: World) => string;
  /** who sees it; absent: Ann, who has something of everything */
  readonly by?: "newcomer";
  /** what a user does there to see it; absent: the address is enough */
  readonly open?: (page: Page, say: Say) => Promise<unknown>;
  /** what is there when it is shown */
  readonly seen: (page: Page, say: Say) => Locator;
}

type Key = Parameters<Say>[0];

export const text =
  (said: string) =>
  (page: Page): Locator =>
    page.getByText(said).filter({ visible: true }).first();
export const said =
  (key: Key, given = {}) =>
  (page: Page, say: Say): Locator =>
    page.getByText(say(key, given)).filter({ visible: true }).first();
/** What stands beside the list. */
export const main =
  (said: string) =>
  (page: Page): Locator =>
    page.getByRole("main").getByText(said).first();
export const anything = (page: Page): Locator => page.getByRole("main").getByText(/\S/).first();
/** What stands in the place of the field where the user may not write. */
export const closed = (page: Page): Locator => page.locator(".composer-closed");
export const button =
  (key: Key) =>
  (page: Page, say: Say): Locator =>
    page
      .getByRole("main")
      .getByRole("button", { name: say(key), exact: true })
      .first();
export const dialog = (page: Page): Locator => page.getByRole("dialog").last();
export const item = (page: Page): Locator => page.getByRole("menuitem").last();
export const press =
  (key: Key) =>
  (page: Page, say: Say): Promise<void> =>
    button(key)(page, say).click();
export const choose = async (page: Page, name: string): Promise<void> =>
  page.getByRole("menuitem", { name }).first().click();
/** Opens the menu of the message that says something, and chooses in it. */
export const act =
  (message: string, key?: Key) =>
  async (page: Page, say: Say): Promise<void> => {
    // The field takes the focus once the conversation is shown, where there is a keyboard.
    const hasKeyboard = await page.evaluate(() => matchMedia("(hover: hover)").matches);
    if (hasKeyboard) await page.locator("textarea:focus").waitFor();
    await focusRow(page.locator("[data-seq]").filter({ hasText: message }).first());
    await page.keyboard.press("Enter");
    if (key) await choose(page, say(key));
  };
export const add =
  (key: Key) =>
  async (page: Page, say: Say): Promise<void> => {
    await press("composer.add")(page, say);
    await choose(page, say(key));
  };
export const inAccount =
  (key?: Key) =>
  async (page: Page, say: Say): Promise<void> => {
    await page.locator(".sidebar .bar button").first().click();
    if (key) await choose(page, say(key));
  };
/** Shows a space in the place of the list, opens its menu for an empty key, and chooses in it for another. */
export const inSpace =
  (key?: "" | Key) =>
  async (page: Page, say: Say): Promise<void> => {
    await page
      .getByRole("group", { name: say("spaces.title") })
      .getByRole("button", { name: "Garden club" })
      .click();
    if (key === undefined) return;
    await page.getByRole("button", { name: say("list.actions", { name: "Garden club" }) }).click();
    if (key) await choose(page, say(key));
  };
export const talk = ({ id }: World): string => `#/c/${id}`;
export const info = ({ id }: World): string => `#/c/${id}/info`;
export const late = ({ kinds }: World): string => `#/c/${kinds}`;
/** Opens the menu of one of several that stand in a list. */
export const actions =
  (name: string) =>
  (page: Page): Promise<void> =>
    page
      .getByRole("main")
      .getByRole("listitem")
      .filter({ hasText: name })
      .first()
      .getByRole("button")
      .last()
      .click();
