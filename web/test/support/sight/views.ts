import type { Locator, Page } from "playwright-core";
import type { Say } from "./say.ts";
import type { World } from "./world.ts";

/** A view of the page. */
export interface View {
  /** how it is called in what a test says */
  readonly name: string;
  /** the part of the address behind `#` */
  readonly hash: (world: World) => string;
  /** what a user does there to see it; absent: the address is enough */
  readonly open?: (page: Page, say: Say) => Promise<unknown>;
  /** what is there when it is shown */
  readonly seen: (page: Page, say: Say) => Locator;
}

type Key = Parameters<Say>[0];

const text =
  (said: string) =>
  (page: Page): Locator =>
    page.getByText(said).filter({ visible: true }).first();
const said =
  (key: Key, given = {}) =>
  (page: Page, say: Say): Locator =>
    page.getByText(say(key, given)).filter({ visible: true }).first();
const button =
  (key: Key) =>
  (page: Page, say: Say): Locator =>
    page
      .getByRole("main")
      .getByRole("button", { name: say(key), exact: true })
      .first();
const dialog = (page: Page): Locator => page.getByRole("dialog").last();
const item = (page: Page): Locator => page.getByRole("menuitem").last();
const press =
  (key: Key) =>
  (page: Page, say: Say): Promise<void> =>
    button(key)(page, say).click();
const choose = async (page: Page, name: string): Promise<void> =>
  page.getByRole("menuitem", { name }).first().click();
/** Opens the menu of the message that says something, and chooses in it. */
const act =
  (message: string, key?: Key) =>
  async (page: Page, say: Say): Promise<void> => {
    // The field takes the focus once the conversation is shown. Arrow keys make a row one that can have it.
    await page.locator("textarea:focus").waitFor();
    const row = page.locator("[data-seq]").filter({ hasText: message }).first();
    await row.evaluate((one: HTMLElement) => {
      one.tabIndex = 0;
    });
    await row.press("Enter");
    if (key) await choose(page, say(key));
  };
const add =
  (key: Key) =>
  async (page: Page, say: Say): Promise<void> => {
    await press("composer.add")(page, say);
    await choose(page, say(key));
  };
const inAccount =
  (key?: Key) =>
  async (page: Page, say: Say): Promise<void> => {
    await page.locator(".sidebar .bar button").first().click();
    if (key) await choose(page, say(key));
  };
const talk = ({ id }: World): string => `#/c/${id}`;
const info = ({ id }: World): string => `#/c/${id}/info`;

/**
 * The views of the page for who is signed in, those of staff apart: what the address leads to, and what opens
 * over it or beside it.
 */
export const VIEWS: readonly View[] = [
  { name: "list", hash: () => "#/", seen: text("Hike") },
  { name: "conversation", hash: talk, seen: text("That is a lot") },
  {
    name: "conversation at its first message",
    hash: ({ id, root }) => `#/c/${id}/m/${root}`,
    seen: text("Who brings the map?"),
  },
  {
    name: "conversation without messages",
    hash: ({ empty }) => `#/c/${empty}`,
    seen: (page) => page.getByRole("textbox").last(),
  },
  { name: "long name", hash: ({ long }) => `#/c/${long}`, seen: text("Ann, this is for you") },
  { name: "direct conversation", hash: ({ direct }) => `#/c/${direct}`, seen: text("Is there a bus back") },
  {
    name: "unknown conversation",
    hash: () => "#/c/999999",
    seen: (page) => page.getByRole("main").getByText(/\S/).first(),
  },
  { name: "details", hash: info, seen: said("group.invitations") },
  { name: "details of a peer", hash: ({ direct }) => `#/c/${direct}/info`, seen: said("people.block") },
  { name: "media", hash: ({ id }) => `#/c/${id}/media`, seen: said("media.title") },
  {
    name: "pins",
    hash: ({ id }) => `#/c/${id}/pins`,
    seen: (page) => page.getByRole("complementary").getByText("Who brings the map?"),
  },
  {
    name: "threads of a conversation",
    hash: ({ id }) => `#/c/${id}/threads`,
    seen: (page) => page.getByRole("complementary").getByText("Who brings the map?"),
  },
  {
    name: "thread",
    hash: ({ id, root }) => `#/c/${id}/t/${root}`,
    seen: (page) => page.getByText("Thank you", { exact: true }).last(),
  },
  {
    name: "search",
    hash: () => "#/search/map",
    seen: (page) => page.getByRole("option").filter({ hasText: "map" }).first(),
  },
  {
    name: "search with filters",
    hash: ({ id }) => `#/search/${encodeURIComponent(`in:#${id} after:2026-01-01 map`)}`,
    seen: text("Who brings the map?"),
  },
  { name: "search that finds nothing", hash: () => "#/search/zebra", seen: said("search.nothing") },
  {
    name: "new conversation",
    hash: () => "#/new",
    seen: (page, say) => page.getByText(say("people.withdraw")).first(),
  },
  {
    name: "mentions",
    hash: () => "#/mentions",
    seen: (page) => page.getByRole("main").getByText("this is for you"),
  },
  {
    name: "threads",
    hash: () => "#/threads",
    seen: (page) => page.getByRole("main").getByText("Who brings the map?"),
  },
  {
    name: "saved",
    hash: () => "#/saved",
    seen: (page) => page.getByRole("main").getByText("Who brings the map?"),
  },
  { name: "archive", hash: () => "#/archive", seen: said("archive.empty") },
  { name: "scheduled", hash: () => "#/scheduled", seen: button("scheduled.now") },
  { name: "people", hash: () => "#/people", seen: button("people.accept") },
  { name: "user", hash: ({ ben }) => `#/user/${ben.user.id}`, seen: said("people.message") },
  { name: "own profile", hash: ({ ann }) => `#/user/${ann.user.id}`, seen: said("people.me") },
  { name: "settings", hash: () => "#/settings", seen: said("settings.privacy") },
  { name: "profile settings", hash: () => "#/settings/profile", seen: said("profile.more") },
  { name: "privacy settings", hash: () => "#/settings/privacy", seen: said("profile.whoMayWrite") },
  { name: "notification settings", hash: () => "#/settings/notifications", seen: said("notify.quiet") },
  { name: "appearance settings", hash: () => "#/settings/appearance", seen: said("settings.density") },
  { name: "security settings", hash: () => "#/settings/security", seen: said("security.thisSession") },
  { name: "bots settings", hash: () => "#/settings/bots", seen: said("bots.make") },
  { name: "data settings", hash: () => "#/settings/data", seen: said("deletion.title") },
  {
    name: "message requests",
    hash: () => "#/requests",
    seen: (page) => page.getByRole("main").getByText("dan").first(),
  },
  {
    name: "request to write",
    hash: ({ stranger }) => `#/requests/${stranger}`,
    seen: (page) => page.getByRole("main").getByText("Have we met?"),
  },
  {
    name: "request to add",
    hash: ({ noodles }) => `#/requests/${noodles}`,
    seen: (page) => page.getByRole("main").getByText("Noodles").first(),
  },
  {
    name: "invitation",
    hash: ({ code }) => `#/join/${code}`,
    seen: (page) => page.getByRole("main").getByText("Lake").first(),
  },
  {
    name: "no invitation",
    hash: () => "#/join/AAAAAAAAAAAAAAAAAAAAAA",
    seen: (page) => page.getByRole("main").getByText(/\S/).first(),
  },
  {
    name: "nothing",
    hash: () => "#/nothing",
    seen: (page) => page.getByRole("main").getByText(/\S/).first(),
  },
  {
    name: "staff alone",
    hash: () => "#/admin/",
    seen: (page) => page.getByRole("main").getByText(/\S/).first(),
  },

  { name: "account menu", hash: () => "#/", open: inAccount(), seen: item },
  { name: "keyboard", hash: () => "#/", open: inAccount("keys.title"), seen: dialog },
  {
    name: "menu of views",
    hash: () => "#/",
    open: (page, say) => page.getByRole("button", { name: say("list.views"), exact: true }).click(),
    seen: item,
  },
  {
    name: "menu of a row",
    hash: () => "#/",
    open: (page) =>
      page.getByRole("navigation").getByRole("link", { name: "Hike" }).first().click({ button: "right" }),
    seen: item,
  },
  {
    name: "switcher",
    hash: () => "#/",
    open: (page) => page.keyboard.press("Control+k"),
    seen: (page) => page.getByRole("option").first(),
  },
  { name: "menu of a conversation", hash: talk, open: press("conversation.menu"), seen: item },
  { name: "menu of a message", hash: talk, open: act("Who brings the map?"), seen: item },
  {
    name: "emoji for a message",
    hash: talk,
    open: act("Who brings the map?", "action.moreEmoji"),
    seen: (page) => page.locator(".emoji-cells button").first(),
  },
  {
    name: "answer",
    hash: talk,
    open: act("That is a lot", "action.reply"),
    seen: said("composer.replying", { name: "" }),
  },
  { name: "edit", hash: talk, open: act("layers.txt", "action.edit"), seen: said("composer.editing") },
  { name: "forward", hash: talk, open: act("That is a lot", "action.forward"), seen: dialog },
  { name: "save", hash: talk, open: act("That is a lot", "action.save"), seen: dialog },
  {
    name: "select",
    hash: talk,
    open: act("That is a lot", "action.select"),
    seen: (page) => page.locator(".selection-bar").first(),
  },
  { name: "report", hash: talk, open: act("That is a lot", "report.action"), seen: dialog },
  { name: "question", hash: talk, open: act("That is a lot", "action.hide"), seen: dialog },
  {
    name: "voters",
    hash: talk,
    open: (page, say) => page.getByTitle(say("vote.whoVoted")).first().click(),
    seen: dialog,
  },
  { name: "adding", hash: talk, open: press("composer.add"), seen: item },
  { name: "new poll", hash: talk, open: add("composer.poll"), seen: dialog },
  { name: "send later", hash: talk, open: add("composer.later"), seen: dialog },
  {
    name: "emoji",
    hash: talk,
    open: press("composer.emoji"),
    seen: (page) => page.locator(".emoji-cells button").first(),
  },
  {
    name: "suggestions",
    hash: talk,
    open: (page) => page.getByRole("textbox").last().fill("@"),
    seen: (page) => page.getByRole("option").first(),
  },
  {
    name: "picture",
    hash: talk,
    open: (page) => page.locator("[data-seq] button:has(img)").last().click(),
    seen: (page) => page.locator(".lightbox"),
  },
  {
    name: "date",
    hash: talk,
    open: (page, say) => page.getByTitle(say("timeline.toDate")).first().click(),
    seen: dialog,
  },
  { name: "files to send", hash: talk, open: bring, seen: (page) => page.getByText("plan.txt").first() },
  {
    name: "menu of a member",
    hash: info,
    open: (page) =>
      page
        .getByRole("complementary")
        .getByRole("listitem")
        .filter({ hasText: "cem" })
        .getByRole("button")
        .last()
        .click(),
    seen: item,
  },
  {
    name: "more people",
    hash: info,
    open: (page, say) => page.getByRole("button", { name: say("group.add"), exact: true }).click(),
    seen: dialog,
  },
  {
    name: "new link",
    hash: info,
    open: (page, say) => page.getByRole("button", { name: say("group.makeLink"), exact: true }).click(),
    seen: dialog,
  },
  {
    name: "new hook",
    hash: info,
    open: (page, say) => page.getByRole("button", { name: say("hooks.make"), exact: true }).click(),
    seen: dialog,
  },
  {
    name: "leaving",
    hash: info,
    open: (page, say) =>
      page.getByRole("button", { name: say("group.leaveAndHandOver"), exact: true }).click(),
    seen: dialog,
  },
  { name: "scheduled message", hash: () => "#/scheduled", open: press("scheduled.edit"), seen: dialog },
  { name: "new bot", hash: () => "#/settings/bots", open: press("bots.make"), seen: dialog },
  { name: "end of an account", hash: () => "#/settings/data", open: press("deletion.title"), seen: dialog },
];

/** Chooses two files. */
async function bring(page: Page): Promise<void> {
  const files = ["plan.txt", "a-name-that-is-longer-than-the-room-that-a-file-to-send-has.txt"];
  const all = files.map((name) => ({ name, mimeType: "text/plain", buffer: Buffer.from("plan") }));
  await page.locator(".composer input[type=file]").first().setInputFiles(all);
}
