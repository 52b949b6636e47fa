import type { Page } from "playwright-core";
import { paint } from "../../../../test/support/pages/paint.ts";
import {
  act,
  actions,
  add,
  choose,
  dialog,
  inAccount,
  info,
  inSpace,
  item,
  late,
  press,
  said,
  talk,
  type View,
} from "./view.ts";

/** What opens over a view, or beside it. */
export const OPENED: readonly View[] = [
  { name: "account menu", hash: () => "#/", open: inAccount(), seen: item },
  { name: "keyboard", hash: () => "#/", open: inAccount("keys.title"), seen: dialog },
  {
    name: "menu of views",
    hash: () => "#/",
    open: (page, say) => page.getByRole("button", { name: say("list.views"), exact: true }).click(),
    seen: item,
  },
  {
    name: "space",
    hash: () => "#/",
    open: inSpace(),
    seen: (page, say) => page.getByRole("button", { name: say("spaces.invite") }),
  },
  { name: "menu of a space", hash: () => "#/", open: inSpace(""), seen: item },
  { name: "members of a space", hash: () => "#/", open: inSpace("group.members"), seen: dialog },
  {
    name: "menu of a member of a space",
    hash: () => "#/",
    open: async (page, say) => {
      await inSpace("group.members")(page, say);
      await dialog(page).locator(".person-row:has(.held-roles) [aria-haspopup]").click();
    },
    seen: item,
  },
  {
    name: "roles of a member",
    hash: () => "#/",
    open: async (page, say) => {
      await inSpace("group.members")(page, say);
      await dialog(page).locator(".person-row:has(.held-roles) [aria-haspopup]").click();
      await choose(page, say("roles.title"));
    },
    seen: (page) => dialog(page).getByRole("checkbox").first(),
  },
  {
    name: "bans of a space",
    hash: () => "#/",
    open: inSpace("group.bans"),
    seen: (page, say) => dialog(page).getByRole("button", { name: say("group.liftBan") }),
  },
  {
    name: "roles of a space",
    hash: () => "#/",
    open: inSpace("roles.title"),
    seen: (page) => page.locator(".role-row").first(),
  },
  {
    name: "form of a role",
    hash: () => "#/",
    open: async (page, say) => {
      await inSpace("roles.title")(page, say);
      await page.locator(".role-row").first().click();
    },
    seen: (page) => dialog(page).getByRole("checkbox").first(),
  },
  {
    name: "access to a channel",
    hash: ({ channel }) => `#/c/${channel}/info`,
    open: async (page, say) => {
      await page.getByRole("button", { name: say("access.title") }).click();
      const some = dialog(page).getByRole("radio", { name: say("access.some") });
      await some.first().check();
      await some.last().check();
    },
    seen: (page) => dialog(page).getByRole("checkbox").last(),
  },
  {
    name: "readers of a channel",
    hash: ({ channel }) => `#/c/${channel}/info`,
    open: (page, say) => page.getByRole("button", { name: say("readers.title") }).click(),
    seen: (page) => dialog(page).locator(".person-row").first(),
  },
  {
    name: "what one may do in a channel",
    hash: ({ channel }) => `#/c/${channel}/info`,
    open: async (page, say) => {
      await page.getByRole("button", { name: say("readers.title") }).click();
      await page.getByRole("button", { name: say("readers.mayOwn") }).click();
    },
    seen: (page) => dialog(page).getByRole("listitem").first(),
  },
  { name: "form of a space", hash: () => "#/", open: inSpace("spaces.edit"), seen: dialog },
  {
    name: "new channel",
    hash: () => "#/",
    open: async (page, say) => {
      await inSpace()(page, say);
      await page.getByRole("button", { name: say("spaces.addChannel") }).click();
      await dialog(page)
        .getByRole("checkbox", { name: say("spaces.isPrivate") })
        .check();
    },
    seen: (page) => dialog(page).getByRole("checkbox").last(),
  },
  {
    name: "menu of a channel",
    hash: () => "#/",
    open: async (page, say) => {
      await inSpace()(page, say);
      await page.locator(".category .channel").first().click({ button: "right" });
    },
    seen: item,
  },
  {
    name: "form of a channel",
    hash: () => "#/",
    open: async (page, say) => {
      await inSpace()(page, say);
      await page.locator(".category .channel").first().click({ button: "right" });
      await choose(page, say("spaces.editChannel"));
    },
    seen: dialog,
  },
  { name: "form of a category", hash: () => "#/", open: inSpace("category.add"), seen: dialog },
  {
    name: "order of the channels",
    hash: () => "#/",
    open: inSpace("order.title"),
    seen: (page) => page.locator(".order-row").first(),
  },
  {
    name: "audit log of a space",
    hash: () => "#/",
    open: inSpace("audit.title"),
    seen: (page) => dialog(page).getByRole("listitem").first(),
  },
  {
    name: "links to a space",
    hash: () => "#/",
    open: inSpace("group.invitations"),
    seen: (page) => dialog(page).getByRole("listitem").first(),
  },
  {
    name: "new link to a space",
    hash: () => "#/",
    open: async (page, say) => {
      await inSpace("group.invitations")(page, say);
      await page.getByRole("button", { name: say("group.makeLink") }).click();
    },
    seen: (page) => dialog(page).getByRole("checkbox").last(),
  },
  {
    name: "directory of spaces",
    hash: () => "#/new",
    open: (page, say) => page.getByRole("button", { name: say("directory.title") }).click(),
    seen: (page) => dialog(page).getByRole("listitem").first(),
  },
  {
    name: "link to a space",
    hash: () => "#/",
    open: async (page, say) => {
      await inSpace()(page, say);
      await page.getByRole("button", { name: say("spaces.invite") }).click();
    },
    seen: dialog,
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
  { name: "new space", hash: () => "#/new", open: press("spaces.new"), seen: dialog },
  { name: "scheduled message", hash: () => "#/scheduled", open: press("scheduled.edit"), seen: dialog },
  { name: "new bot", hash: () => "#/settings/bots", open: press("bots.make"), seen: dialog },
  { name: "end of an account", hash: () => "#/settings/data", open: press("deletion.title"), seen: dialog },
  {
    name: "own name in a group",
    hash: info,
    open: (page, say) => page.getByRole("button", { name: say("group.ownNameCard") }).click(),
    seen: dialog,
  },
  {
    name: "form of a group",
    hash: info,
    open: (page, say) => page.getByRole("button", { name: say("group.edit"), exact: true }).click(),
    seen: (page) => page.getByRole("complementary").getByRole("combobox").first(),
  },
  {
    name: "new address of a hook",
    hash: info,
    open: async (page, say) => {
      await page
        .getByRole("button", { name: say("hooks.rotateOf", { name: "Builds of the whole company" }) })
        .click();
      await dialog(page)
        .getByRole("button", { name: say("hooks.rotate") })
        .click();
    },
    seen: (page) => dialog(page).getByRole("textbox"),
  },
  { name: "menu of a bot", hash: () => "#/settings/bots", open: actions("Weather"), seen: item },
  {
    name: "token of a bot",
    hash: () => "#/settings/bots",
    open: async (page, say) => {
      await actions("Weather")(page);
      await choose(page, say("bots.token"));
      await dialog(page)
        .getByRole("button", { name: say("bots.token") })
        .click();
    },
    seen: (page) => dialog(page).getByRole("textbox"),
  },
  { name: "menu of a friend", hash: () => "#/people", open: actions("fay"), seen: item },
  {
    name: "values of a filter",
    hash: () => "#/",
    open: async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill("has:");
    },
    seen: (page) => page.getByRole("option").first(),
  },
  {
    name: "former versions",
    hash: late,
    open: (page) => page.locator(".edited").last().click(),
    seen: dialog,
  },
  {
    name: "merged messages",
    hash: late,
    open: (page) => page.locator(".merged").last().click(),
    seen: dialog,
  },
  {
    name: "who has reacted",
    hash: talk,
    open: (page) => page.locator(".reaction").first().dispatchEvent("pointerdown", FINGER),
    seen: dialog,
  },
  {
    name: "who has read",
    hash: ({ unsent }) => `#/c/${unsent}`,
    open: (page) => page.locator(".read-mark button").click(),
    seen: (page) => page.locator(".readers li").first(),
  },
  {
    name: "deletion of what is selected",
    hash: talk,
    open: async (page, say) => {
      await act("That is a lot", "action.select")(page, say);
      await page
        .locator(".selection-bar")
        .getByRole("button", { name: say("action.delete") })
        .click();
    },
    seen: item,
  },
  {
    name: "toast",
    hash: talk,
    open: act("That is a lot", "action.copy"),
    seen: (page) => page.locator(".toasts p").first(),
  },
  {
    name: "recording",
    hash: talk,
    open: async (page, say) => {
      // What was typed in a view before is a draft by now, and has the button that sends.
      await page.locator(".composer textarea").fill("");
      await page.getByRole("button", { name: say("voice.record") }).click();
    },
    seen: (page) => page.locator(".voice-levels i").first(),
  },
  {
    name: "files over a conversation",
    hash: talk,
    open: (page) => page.locator(".composer textarea").evaluate(drag),
    seen: (page) => page.locator(".drop-zone"),
  },
  {
    name: "what was not sent",
    hash: ({ unsent }) => `#/c/${unsent}`,
    open: async (page, say) => {
      await page.route("**/v1/files**", (route) => route.fulfill({ status: 400, json: REFUSAL }));
      await bring(page);
      await page.getByRole("button", { name: say("composer.send"), exact: true }).click();
    },
    seen: (page) => page.locator("[data-state=failed]").last(),
  },
  {
    name: "suggested emoji",
    hash: talk,
    open: (page) => page.getByRole("textbox").last().fill(":smi"),
    seen: (page) => page.getByRole("option").first(),
  },
  {
    name: "a long text that is written",
    hash: talk,
    open: (page) => page.getByRole("textbox").last().fill("A word and the next. ".repeat(380)),
    seen: (page) => page.locator(".composer-left"),
  },
];

const FINGER = { pointerType: "touch", isPrimary: true, bubbles: true };
const REFUSAL = { type: "about:blank", title: "Bad Request", status: 400, code: "validation_failed" };

/** Chooses two files and a picture. */
async function bring(page: Page): Promise<void> {
  const names = ["plan.txt", "a-name-that-is-longer-than-the-room-that-a-file-to-send-has.txt"];
  const texts = names.map((name) => ({ name, mimeType: "text/plain", buffer: Buffer.from("plan") }));
  const picture = { name: "view.png", mimeType: "image/png", buffer: paint(300, 200) };
  await page
    .locator(".composer input[type=file]")
    .first()
    .setInputFiles([...texts, picture]);
}

/** Runs in the page: drags a file over the view of a field, until it takes it. */
async function drag(field: Element): Promise<void> {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([], "plan.txt"));
  const view = field.closest("form")?.parentElement ?? field;
  for (const type of ["dragenter", "dragover"])
    while (view.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer })))
      await new Promise(requestAnimationFrame);
}
