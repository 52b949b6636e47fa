import type { Page } from "playwright-core";
import { PASSWORD } from "../../../../scripts/support/person.ts";
import { chooseInAccount, composer, confirm, searchField } from "../talk.ts";
import type { Action, World } from "./action.ts";

/** A form of the settings. */
function setting(
  name: string,
  place: string,
  call: string,
  act: (page: Page) => Promise<unknown>,
  press: (page: Page) => Promise<unknown>,
  state: (world: World) => Promise<unknown>,
  done: unknown,
): Action {
  return {
    ...{ name, calls: [call], before: "says", lost: "says" },
    play: (world) => ({
      hash: `#/settings/${place}`,
      ready: (page) => page.locator(".settings-section :is(button, input):enabled:visible").first(),
      act: async (page) => {
        await act(page);
        await press(page);
      },
      again: press,
      state: () => state(world),
      done,
    }),
  };
}

const me = async (world: World) => Object(await world.ann.call("GET", "/v1/me"));

/** What users choose in the settings. */
export const SETTINGS: readonly Action[] = [
  setting(
    "Change the profile",
    "profile",
    "patch /v1/me",
    (page) => page.getByLabel("About you").fill("On the way"),
    (page) => page.getByRole("main").getByRole("button", { name: "Save", exact: true }).click(),
    async (world) => {
      const { signature } = await me(world);
      // So that the next one changes something too.
      if (signature === "On the way") await world.ann.call("PATCH", "/v1/me", { signature: "" });
      return signature;
    },
    "On the way",
  ),
  {
    ...{ name: "Change the password", calls: ["post /v1/me/password"], before: "says", lost: "says" },
    play: (_world) => {
      const press = (page: Page) => page.getByRole("button", { name: "Change the password" }).click();
      return {
        hash: "#/settings/security",
        ready: (page) => page.getByText("This session"),
        act: async (page) => {
          await page.getByLabel("Current password").fill(PASSWORD);
          await page.getByLabel("New password").fill(PASSWORD);
          await press(page);
        },
        again: press,
      };
    },
  },
  {
    ...{ name: "Choose a theme", before: "works" },
    play: () => ({
      hash: "#/settings/appearance",
      ready: (page) => page.getByRole("radio", { name: "Dark" }),
      act: (page) => page.getByRole("radio", { name: "Dark" }).check(),
      seen: (page) => page.locator("html[data-theme=dark], html[style*=dark]").first(),
    }),
  },
  {
    // The page speaks that language then.
    ...{ name: "Choose a language", before: "works", isAlone: true },
    play: () => ({
      hash: "#/settings/appearance",
      ready: (page) =>
        page
          .getByRole("radio", { name: "Dark" })
          .or(page.getByRole("radio", { name: "深色" }))
          .first(),
      act: (page) => page.getByRole("radio", { name: "中文" }).check(),
      seen: (page) => page.getByRole("heading", { name: "设置" }),
    }),
  },
  {
    ...{ name: "Choose who may write to one", calls: ["patch /v1/me"], before: "says", lost: "says" },
    play: async (world) => {
      await world.ann.call("PATCH", "/v1/me", { who_may_write: "everybody" });
      const group = (page: Page) => page.getByRole("group", { name: "Who may write to you" });
      return {
        hash: "#/settings/privacy",
        ready: group,
        act: (page) => group(page).getByRole("radio", { name: "Nobody" }).click(),
        state: async () => (await me(world)).who_may_write,
        done: "nobody",
      };
    },
  },
  {
    ...{ name: "Choose quiet hours", calls: ["put /v1/me/quiet-hours"], before: "says", lost: "says" },
    play: async (world) => {
      await world.ann.call("DELETE", "/v1/me/quiet-hours");
      const quiet = (page: Page) => page.getByRole("checkbox", { name: "Quiet hours" });
      return {
        hash: "#/settings/notifications",
        ready: (page) => quiet(page).and(page.locator(":enabled")),
        act: (page) => quiet(page).click(),
        shown: (page) => page.getByRole("main").first(),
        state: async () => Object(await world.ann.call("GET", "/v1/push")).quiet_hours?.from,
        done: "22:00",
      };
    },
  },
  {
    ...{ name: "End another session", calls: ["delete /v1/sessions/{id}"], before: "says", lost: "says" },
    play: async (world) => {
      const other = await world.ann.signIn();
      const end = (page: Page) => page.getByRole("button", { name: "End", exact: true });
      return {
        hash: "#/settings/security",
        ready: (page) => end(page).first(),
        act: (page) => end(page).first().click(),
        shown: (page) => page.getByRole("main").first(),
        state: () =>
          other.call("GET", "/v1/me").then(
            () => "signed in",
            () => "signed out",
          ),
        done: "signed out",
      };
    },
  },
  {
    ...{ name: "Make a bot", calls: ["post /v1/bots"], before: "says", lost: "says" },
    play: (world) => {
      const name = world.word();
      const press = (page: Page) =>
        page.getByRole("dialog").getByRole("button", { name: "Make a bot" }).click();
      return {
        hash: "#/settings/bots",
        ready: (page) => page.getByRole("main").getByRole("button", { name: "Make a bot" }),
        act: async (page) => {
          await page.getByRole("main").getByRole("button", { name: "Make a bot" }).click();
          await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill(name);
          await press(page);
        },
        again: press,
        worked: (page) => page.getByRole("dialog", { name: "Token" }),
        state: async () => (await bots(world)).filter(({ nickname }) => nickname === name).length,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Delete a bot", calls: ["delete /v1/bots/{id}"], before: "says", lost: "says" },
    play: async (world) => {
      const name = world.word();
      await world.ann.call("POST", "/v1/bots", { nickname: name });
      return {
        hash: "#/settings/bots",
        ready: (page) => page.getByText(name),
        act: async (page) => {
          await page.getByRole("button", { name: `Actions for ${name}` }).click();
          await page.getByRole("menuitem", { name: "Delete" }).click();
          await confirm(page, "Delete");
        },
        shown: (page) => page.getByRole("main").first(),
        state: async () => (await bots(world)).some(({ nickname }) => nickname === name),
        done: false,
      };
    },
  },
  {
    ...{ name: "Export one's data", before: "says" },
    play: () => ({
      hash: "#/settings/data",
      ready: (page) => page.getByRole("button", { name: "Export my data" }),
      act: (page) => page.getByRole("button", { name: "Export my data" }).click(),
      again: (page) => page.getByRole("button", { name: "Try again", exact: true }).click(),
      worked: (page) => page.getByText("is saved"),
    }),
  },
  {
    ...{ name: "Search", before: "says" },
    play: (world) => ({
      hash: `#/c/${world.id}`,
      ready: composer,
      act: async (page) => {
        await page.getByRole("button", { name: "Search in this conversation" }).click();
        await searchField(page).fill("zebra");
        await searchField(page).press("Enter");
      },
      again: async (page) => {
        await searchField(page).fill("zebras");
        await searchField(page).press("Enter");
      },
      worked: (page) => page.getByText("No messages found."),
    }),
  },
  {
    ...{ name: "Show the keys", before: "works" },
    play: () => ({
      hash: "#/",
      ready: (page) => page.getByRole("button", { name: "Your account" }),
      act: (page) => chooseInAccount(page, "Keyboard"),
      seen: (page) => page.getByRole("dialog", { name: "Keyboard" }),
    }),
  },
  {
    ...{ name: "Give a bot a new token", calls: ["post /v1/bots/{id}/token"], before: "says", lost: "says" },
    play: async (world) => {
      const name = world.word();
      await world.ann.call("POST", "/v1/bots", { nickname: name });
      return {
        hash: "#/settings/bots",
        ready: (page) => page.getByText(name),
        act: async (page) => {
          await page.getByRole("button", { name: `Actions for ${name}` }).click();
          await page.getByRole("menuitem", { name: "New token" }).click();
          await confirm(page, "New token");
        },
        worked: (page) => page.getByRole("dialog", { name: "Token" }),
      };
    },
  },
  {
    ...{ name: "End the quiet hours", calls: ["delete /v1/me/quiet-hours"], before: "says", lost: "says" },
    play: async (world) => {
      const hours = { from: "22:00", to: "07:00", time_zone: "UTC" };
      await world.ann.call("PUT", "/v1/me/quiet-hours", hours);
      const quiet = (page: Page) => page.getByRole("checkbox", { name: "Quiet hours" });
      return {
        hash: "#/settings/notifications",
        ready: (page) => quiet(page).and(page.locator(":checked")),
        act: (page) => quiet(page).click(),
        shown: (page) => page.getByRole("main").first(),
        state: async () => Object(await world.ann.call("GET", "/v1/push")).quiet_hours,
        done: null,
      };
    },
  },
];

async function bots(world: World): Promise<{ nickname: string }[]> {
  return Object(await world.ann.call("GET", "/v1/bots")).items;
}

/** What begins or ends a session: each time a browser of its own. */
export const SESSIONS: readonly Action[] = [
  {
    ...{ name: "Sign in", calls: ["post /v1/login"], before: "says", lost: "says", isAlone: true },
    play: (world) => {
      const press = (page: Page) => page.getByRole("button", { name: "Sign in", exact: true }).click();
      return {
        hash: "#/",
        before: (page) => page.evaluate(() => localStorage.clear()),
        isSignedOut: true,
        ready: (page) => page.getByLabel("Password"),
        act: async (page) => {
          await page.getByLabel("Username").fill(world.ann.user.username);
          await page.getByLabel("Password").fill(PASSWORD);
          await press(page);
        },
        again: press,
        worked: (page) => page.getByRole("button", { name: "Your account" }),
      };
    },
  },
  {
    ...{ name: "Create an account", calls: ["post /v1/register"], before: "says", lost: "says" },
    isAlone: true,
    play: (world) => {
      const press = (page: Page) => page.getByRole("button", { name: "Create account" }).click();
      return {
        hash: "#/",
        before: (page) => page.evaluate(() => localStorage.clear()),
        isSignedOut: true,
        ready: (page) => page.getByLabel("Password"),
        act: async (page) => {
          await page.getByRole("button", { name: "New here? Create an account" }).click();
          await page.getByLabel("Username").fill(`${world.ann.user.username}_2`);
          await page.getByLabel("Password").fill(PASSWORD);
          await press(page);
        },
        again: press,
        worked: (page) => page.getByRole("button", { name: "Your account" }),
      };
    },
  },
  {
    ...{ name: "Sign out", calls: ["post /v1/logout"], before: "waits", lost: "waits", isAlone: true },
    play: (world) => ({
      hash: "#/",
      isAway: true,
      ready: (page) => page.getByRole("button", { name: "Your account" }),
      act: (page) => chooseInAccount(page, "Sign out"),
      seen: (page) => page.getByLabel("Password"),
      state: () =>
        world.ann.call("GET", "/v1/me").then(
          () => "signed in",
          () => "signed out",
        ),
      done: "signed out",
    }),
  },
  {
    ...{ name: "Delete the account", calls: ["delete /v1/me"], before: "says", lost: "says", isAlone: true },
    play: async (world) => {
      await world.ann.call("DELETE", `/v1/conversations/${world.id}`);
      const press = (page: Page) => page.getByRole("button", { name: "Delete for good" }).click();
      return {
        hash: "#/settings/data",
        isAway: true,
        ready: (page) => page.getByRole("button", { name: "Delete my account", exact: true }),
        act: async (page) => {
          await page.getByRole("button", { name: "Delete my account", exact: true }).click();
          await page.getByLabel("Password").fill(PASSWORD);
          await press(page);
        },
        again: press,
        shown: (page) => page.getByLabel("Password"),
        worked: (page) => page.getByText("Your account is deleted."),
        state: () =>
          world.ben.call("GET", `/v1/users/${world.ann.user.id}`).then(
            (user) => Object(user).username,
            () => "deleted",
          ),
        done: "deleted",
      };
    },
  },
];
