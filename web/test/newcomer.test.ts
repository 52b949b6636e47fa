import { expect, test } from "vitest";
import { PASSWORD } from "../../scripts/support/person.ts";
import { PICTURE } from "./support/files.ts";
import { PHONE, Site } from "./support/site.ts";
import { chooseInAccount, composer, row, send } from "./support/talk.ts";

const site = Site.forFile();

test("a newcomer takes the first steps, each of which disappears when it is done", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const device = await site.device({ person: ann });
  await device.grantPermissions(["clipboard-read", "clipboard-write", "notifications"]);
  const page = await device.newPage();
  await page.goto(site.origin);
  await page.getByRole("heading", { name: `Welcome, ${ann.user.username}` }).waitFor();
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await page.getByText("The link is copied.").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(() => page.getByRole("link", { name: "New conversation", exact: true }).count()).toBe(2);

  const picture = page.getByRole("heading", { name: "Your picture" });
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose a picture" }).click();
  await (await chooser).setFiles([{ name: "me.png", mimeType: "image/png", buffer: PICTURE }]);
  await picture.waitFor({ state: "detached" });
  await page.getByRole("textbox", { name: "Name that others see" }).fill("Ann Adams");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Welcome, Ann Adams" }).waitFor();
  await page.getByRole("heading", { name: "Name that others see" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("heading", { name: "Notifications" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Your account: Ann Adams" }).waitFor();

  // The link leads others to the newcomer.
  const bensPage = await site.open({ person: ben });
  await bensPage.goto(link);
  await bensPage.getByRole("button", { name: "Send a message" }).click();
  await send(bensPage, "Hello");
  await row(page, ben.user.username).waitFor();
  await page.getByText("Choose a conversation").waitFor();
  // Who has no account is asked for one.
  const stranger = await site.open({ hash: new URL(link).hash });
  await stranger.getByRole("heading", { name: "Create an account" }).waitFor();
});

test("a pasted invitation leads into its group, also on a phone", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id } = await ben.openGroup("Hike", []);
  const { code } = Object(await ben.call("POST", `/v1/conversations/${id}/invitations`, {}));
  const page = await site.open({ person: ann, viewport: PHONE, hasTouch: true });
  const field = page.getByRole("textbox", { name: "Paste an invitation link" });
  await field.fill("https://chat.example/");
  await page.getByRole("button", { name: "Open", exact: true }).tap();
  await page.getByRole("alert").getByText("This is no invitation.").waitFor();
  await field.fill(`Come here: ${site.origin}/#/join/${code}`);
  await page.getByRole("button", { name: "Open", exact: true }).tap();
  await page.getByText(`${ben.user.username}\u2069 invites you.`).waitFor();
  await page.getByRole("button", { name: "Join", exact: true }).tap();
  await composer(page).waitFor();
});

test("who follows an invitation sees the group and the inviter, signs up, and confirms", async () => {
  const ben = await site.person("ben");
  await ben.call("PATCH", "/v1/me", { nickname: "Ben Baker" });
  const { id } = await ben.openGroup("Hike", []);
  await ben.call("PATCH", `/v1/conversations/${id}`, { introduction: "Each Sunday" });
  const { code } = Object(await ben.call("POST", `/v1/conversations/${id}/invitations`, {}));
  const page = await site.open({ hash: `#/join/${code}` });
  await page.getByRole("heading", { name: "Hike" }).waitFor();
  for (const text of ["1 member", "Each Sunday", "\u2068Ben Baker\u2069 invites you."])
    await page.getByText(text, { exact: true }).waitFor();
  await page.getByLabel("Username").fill("invited_newcomer");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("button", { name: "Join", exact: true }).waitFor();
  // Nobody has joined before they say so.
  await expect.poll(() => ben.call("GET", `/v1/conversations/${id}`)).toMatchObject({ member_count: 1 });
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await composer(page).waitFor();
  await expect.poll(() => ben.call("GET", `/v1/conversations/${id}`)).toMatchObject({ member_count: 2 });
});

test("the menu of the account says who one is, and has what one sets most", async () => {
  const ann = await site.person("ann");
  const page = await site.open({ person: ann });
  const button = page.getByRole("button", { name: "Your account" });
  const menu = page.getByRole("menu");
  await button.press("Enter");
  await menu.getByText(`@${ann.user.username}`).waitFor();
  const hasFocus = (name: string) =>
    menu.getByRole("menuitem", { name }).evaluate((one) => one === document.activeElement);
  await expect.poll(() => hasFocus("Your profile")).toBe(true);
  await menu.getByRole("menuitemradio", { name: "Dark" }).click();
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  await menu.getByRole("menuitemradio", { name: "中文" }).click();
  await menu.getByRole("menuitem", { name: "退出登录" }).waitFor();
  await menu.getByRole("menuitemradio", { name: "English" }).click();
  await menu.getByRole("menuitem", { name: "Sign out" }).waitFor();
  await page.keyboard.press("Escape");
  await menu.waitFor({ state: "detached" });
  await expect.poll(() => button.evaluate((one) => one === document.activeElement)).toBe(true);
  // A second click closes it.
  await button.click();
  await menu.waitFor();
  await button.click();
  await menu.waitFor({ state: "detached" });
  await chooseInAccount(page, "Keyboard");
  await page.getByRole("dialog").getByText("Search this conversation").waitFor();
  await page.keyboard.press("Escape");
  await chooseInAccount(page, "Your profile");
  await page.getByRole("main").getByText("This is you.").waitFor();
});
