import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { PASSWORD } from "../../../scripts/support/person.ts";
import { kept } from "../support/kept.ts";
import { Site } from "../support/site.ts";
import { chooseInAccount, composer, stored } from "../support/talk.ts";

const site = Site.forFile();

/** How the session of a browser with two tabs ends. */
const ENDS: Record<string, (page: Page, person: Person) => Promise<unknown>> = {
  "signs out": (page) => chooseInAccount(page, "Sign out"),
  "ends the session on another device": (_, person) => person.call("POST", "/v1/logout"),
  "deletes the account on another device": (_, person) =>
    person.call("DELETE", "/v1/me", { password: PASSWORD }),
};

test.each(Object.entries(ENDS))(
  "nothing of a user stays in the tabs of a browser when the user %s",
  async (_, end) => {
    const [ann, ben, id] = await site.direct("ann", "ben");
    await ben.send(id, "A secret");
    const device = await site.device({ person: ann });
    const [page, other] = [await device.newPage(), await device.newPage()];
    for (const tab of [page, other]) {
      await tab.goto(`${site.origin}/#/c/${id}`);
      await stored(tab, "A secret").waitFor();
    }
    await composer(page).fill("What I never said");
    // Not saved on the server when the session ends.
    await other.route("**/draft", (call) => call.abort());
    await composer(other).fill("What I never said to anybody");
    await expect
      .poll(() => kept(page))
      .toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^parley:\d+@[^ ]+$/),
          expect.stringMatching(/^parley:\d+@.* drafts$/),
          "parley:session",
        ]),
      );
    await end(page, ann);
    for (const tab of [page, other]) await tab.getByRole("heading", { name: "Sign in" }).waitFor();
    await expect.poll(() => kept(page)).toEqual([]);
    for (const tab of [page, other]) {
      await tab.reload();
      await tab.getByRole("heading", { name: "Sign in" }).waitFor();
    }
    await expect.poll(() => kept(page)).toEqual([]);
  },
);
