import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { PASSWORD, Person } from "../../scripts/support/person.ts";
import { Site } from "./support/site.ts";
import { composer } from "./support/talk.ts";

const CODE = "setup-of-this-server-alone";
const Invitation = z.object({ code: z.string() });

const site = Site.alone({ REGISTRATION: "invited", SETUP_CODE: CODE });

async function fill(page: Page, username: string): Promise<void> {
  await page.getByRole("textbox", { name: "Username" }).fill(username);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
}

test("the link of the log makes the first account, an admin's, and its group invites the others", async () => {
  const stranger = await site.open();
  await stranger.getByText("Accounts are made by invitation here.").waitFor();
  await expect.poll(() => stranger.getByRole("button", { name: "New here?" }).count()).toBe(0);

  const owner = await site.open({ hash: `#/join/${CODE}` });
  await owner.getByRole("heading", { name: "Set up this server" }).waitFor();
  await fill(owner, "ann");
  await owner.getByRole("heading", { name: "Welcome, ann" }).waitFor();
  await owner.goto(`${site.origin}/#/admin`);
  await owner.getByText("Admin", { exact: true }).waitFor();

  const late = await site.open({ hash: `#/join/${CODE}` });
  await late.getByText("This link was for the first account").waitFor();
  await late.getByRole("button", { name: "Sign in", exact: true }).waitFor();

  const ann = await Person.signIn(site.origin, "ann");
  const { id } = await ann.openGroup("Hike", []);
  const { code } = Invitation.parse(await ann.call("POST", `/v1/conversations/${id}/invitations`, {}));
  const ben = await site.open({ hash: `#/join/${code}` });
  await ben.getByRole("heading", { name: "Create an account" }).waitFor();
  await fill(ben, "ben");
  await ben.getByRole("button", { name: "Join", exact: true }).click();
  await composer(ben).waitFor();
});
