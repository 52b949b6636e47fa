import { expect, test } from "vitest";
import { details, member } from "../support/group.ts";
import { Site } from "../support/site.ts";
import { composer, openTalk, row, send, stored } from "../support/talk.ts";

// A group of more than three is a crowd, and a relay holds each socket but the first.
const site = Site.alone({ CROWD_MEMBERS: "3", LIVE_MEMBERS: "1" });

test("in a crowd messages come at once to who looks, an @ finds who is not loaded, and receipts and closed fields follow its policies", async () => {
  const [ann, ben, cem] = [await site.person("ann"), await site.person("ben"), await site.person("cem")];
  await ann.openGroup("Fair", [ben, cem, await site.person("dee")]);
  const page = await site.open({ person: ann });
  const bensPage = await site.open({ person: ben });
  const cemsPage = await site.open({ person: cem });
  await openTalk(page, "Fair");
  await openTalk(bensPage, "Fair");
  await row(cemsPage, "Fair").waitFor();

  await send(page, "The gates are open");
  await stored(bensPage, "The gates are open").waitFor();
  await send(bensPage, "Where is the tea?");
  await stored(page, "Where is the tea?").waitFor();
  await expect.poll(() => page.getByText(/^Read by/).count()).toBe(0);

  await composer(page).pressSequentially(`Ask @${cem.user.username.slice(0, 5)}`);
  await page.getByRole("option", { name: cem.user.username }).click();
  await composer(page).press("Enter");
  await stored(bensPage, `Ask @${cem.user.username}`).waitFor();
  // Who is named hears of it without looking.
  await row(cemsPage, "Fair")
    .getByLabel(/mention/)
    .waitFor();

  await page.getByRole("link", { name: "Details" }).click();
  for (const person of [ann, ben, cem]) await member(page, person).waitFor();
  await details(page).getByRole("button", { name: "Edit the group" }).click();
  await details(page)
    .getByRole("checkbox", { name: /admins write/i })
    .check();
  await details(page).getByRole("button", { name: "Save", exact: true }).click();
  await bensPage.getByText("Only the owner and the admins write in this group.").waitFor();
  await send(page, "We close at six");
  await stored(bensPage, "We close at six").waitFor();
});
