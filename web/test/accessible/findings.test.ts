import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { sampledPairs } from "../../../test/support/sampled-cases.ts";
import { dress, findings, LOOKS } from "../support/axe.ts";
import { entry, wants } from "../support/requests.ts";
import { Site } from "../support/site.ts";
import { connection } from "../support/talk.ts";

const site = Site.forFile();

/** The views of the page: the address of each, and what is there when it is. */
const VIEWS: [hash: (conversation: number) => string, text: string][] = [
  [() => "#/", "Hike"],
  [(id) => `#/c/${id}`, "Who brings the map?"],
  [(id) => `#/c/${id}/info`, "Invitation links"],
  [(id) => `#/search/${encodeURIComponent(`in:#${id} after:2026-01-01 map`)}`, "Go to a date"],
  [(id) => `#/c/${id}/pins`, "Nothing is pinned here."],
  [() => "#/new", "Join a group"],
  [() => "#/search/map", "1 message found"],
  [() => "#/mentions", "Nobody has mentioned you"],
  [() => "#/saved", "Save a message"],
  [() => "#/archive", "The archive is empty."],
  [() => "#/scheduled", "Nothing is scheduled."],
  [() => "#/people", "No friends yet."],
  [() => "#/settings", "Privacy"],
  [() => "#/settings/profile", "More about you"],
  [() => "#/settings/privacy", "Who may write to you"],
  [() => "#/settings/notifications", "Quiet hours"],
  [() => "#/settings/appearance", "Same as the device"],
  [() => "#/settings/security", "This session"],
  [() => "#/settings/bots", "Make a bot"],
  [() => "#/settings/data", "Export my data"],
  [() => "#/nothing", "There is nothing at this address."],
];

/** A user with a group of which they are the owner. */
async function world(): Promise<{ ann: Person; ben: Person; id: number }> {
  const [ann, ben, id] = await site.group("Hike", "ann", "ben");
  await ben.send(id, "Who brings the map?");
  await ann.send(id, "I do");
  return { ann, ben, id };
}

type World = Awaited<ReturnType<typeof lively>>;
type Opened = (page: Page) => Locator;

/**
 * The same, with a thread, a picture, a scheduled message, an invitation to the group of another, and
 * requests of both directions.
 */
async function lively() {
  const { ann, ben, id } = await world();
  const path = `/v1/conversations/${id}`;
  const text = { kind: "text", body: { text: "Me" }, thread: { root: 1, also_in_main: false } };
  await ben.call("POST", `${path}/messages`, text);
  const body = { url: `${site.origin}/icons/icon-512.png`, width: 512, height: 512, name: "icon.png" };
  await ann.call("POST", `${path}/messages`, { kind: "image", body });
  const later = { client_msg_id: "later", send_at: Date.now() + 86_400_000 };
  await ann.call("POST", `${path}/messages`, { kind: "text", body: { text: "Good morning" }, ...later });
  const other = await ben.openGroup("Lake", []);
  const { code } = Object(await ben.call("POST", `/v1/conversations/${other.id}/invitations`, {}));
  await ben.call("PUT", `/v1/friends/${ann.user.id}`);
  const asked = await ben.openGroup("Fire", []);
  await ann.call("POST", `/v1/conversations/${asked.id}/join`, {});
  await wants(ann, "nobody");
  const cem = await site.person("cem");
  const direct = await cem.openDirect(ann);
  await cem.send(direct.id, "Have we met?");
  const group = await cem.openGroup("Noodles", [ann]);
  return { ann, ben, id, code, requests: { direct: direct.id, group: group.id } };
}

test("the sign-in has no serious finding", async () => {
  const page = await site.open();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  for (const look of LOOKS) {
    await dress(page, look);
    expect([look, await findings(page)]).toEqual([look, []]);
  }
});

test("the first steps have no serious finding", async () => {
  const page = await site.open({ person: await site.person("ann") });
  await page.getByRole("button", { name: "Turn on notifications" }).waitFor();
  for (const look of LOOKS) {
    await dress(page, look);
    expect([look, await findings(page)]).toEqual([look, []]);
  }
});

test("no view has a serious finding", async () => {
  const { ann, id } = await world();
  const page = await site.open({ person: ann });
  for (const [[address, text], look] of sampledPairs(VIEWS, LOOKS)) {
    const hash = address(id);
    await dress(page, look);
    await page.goto(`${site.origin}/${hash}`);
    await page.getByText(text).filter({ visible: true }).first().waitFor();
    expect([hash, look, await findings(page)]).toEqual([hash, look, []]);
  }
});

/** What a user opens beside a view or over it: where, how if not by the address, and what is there then. */
const OPENED: [
  hash: (world: World) => string,
  open: null | ((page: Page) => Promise<unknown>),
  text: Opened,
][] = [
  [({ id }) => `#/c/${id}/t/1`, null, (page) => page.getByText("1 reply").last()],
  [() => "#/new", null, (page) => page.getByRole("button", { name: "Take back the request to group" })],
  [() => "#/people", null, (page) => page.getByRole("button", { name: "Accept" })],
  [() => "#/", null, (page) => page.getByRole("link", { name: "People 1 Friend requests", exact: true })],
  [() => "#/scheduled", null, (page) => page.getByRole("button", { name: "Send now" })],
  [() => "#/requests", null, (page) => page.getByRole("main").getByText("wants to add you")],
  [
    ({ requests }) => `#/requests/${requests.direct}`,
    null,
    (page) => page.getByRole("main").getByText("Have we met?"),
  ],
  [
    ({ requests }) => `#/requests/${requests.group}`,
    null,
    (page) => page.getByRole("main").getByText("1 member"),
  ],
  [() => "#/", null, (page) => entry(page, 2)],
  [({ ben }) => `#/user/${ben.user.id}`, null, (page) => page.getByText("Send a message")],
  [({ code }) => `#/join/${code}`, null, (page) => page.getByRole("button", { name: "Join" })],
  [
    () => "#/settings/data",
    (page) => page.getByRole("button", { name: "Delete my account" }).click(),
    (page) => page.getByRole("dialog").getByText("You own these groups."),
  ],
  [
    ({ id }) => `#/c/${id}/info`,
    (page) => page.getByRole("button", { name: /^Actions for ben/ }).click(),
    (page) => page.getByRole("menuitem", { name: "Make admin" }),
  ],
  [
    ({ id }) => `#/c/${id}`,
    async (page) => {
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page.getByRole("menuitem", { name: "Poll" }).click();
    },
    (page) => page.getByRole("dialog", { name: "New poll" }).getByLabel("Question"),
  ],
  [
    ({ id }) => `#/c/${id}`,
    (page) => page.getByRole("button", { name: "Open the picture" }).click(),
    (page) => page.getByRole("dialog").getByRole("button", { name: "Larger" }),
  ],
  [
    () => "#/",
    (page) => page.getByRole("button", { name: "Your account" }).click(),
    (page) => page.getByRole("menuitem", { name: "Sign out" }),
  ],
  [() => "#/", (page) => page.keyboard.press("Control+k"), (page) => page.getByRole("option").first()],
  [
    ({ id }) => `#/c/${id}`,
    (page) => page.getByRole("button", { name: "Emoji", exact: true }).click(),
    (page) => page.getByRole("button", { name: "grinning face", exact: true }),
  ],
];

test("nothing that is opened beside a view or over it has a serious finding", async () => {
  const world = await lively();
  const page = await site.open({ person: world.ann });
  for (const [[address, open, seen], look] of sampledPairs(OPENED, LOOKS)) {
    const hash = address(world);
    await dress(page, look);
    // What was opened over the view before is closed. A reload would be cut off by the way back from it.
    if (open) await page.goto("about:blank");
    await page.goto(`${site.origin}/${hash}`);
    await connection(page, "live").waitFor({ state: "attached" });
    await open?.(page);
    await seen(page).waitFor();
    expect([hash, `${open}`, look, await findings(page)]).toEqual([hash, `${open}`, look, []]);
  }
});
