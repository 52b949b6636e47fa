import type { Locator, WebSocket } from "playwright-core";
import { expect, test } from "vitest";
import { Network } from "../../../packages/client/test/support/network.ts";
import { Conversation } from "../../../scripts/support/shapes.ts";
import { findings } from "../support/axe.ts";
import { details, member } from "../support/group.ts";
import { PHONE, Site } from "../support/site.ts";
import { composer, openTalk, row, send, stored, texts } from "../support/talk.ts";
import { sight } from "../support/timeline.ts";

// A group of more than three is a crowd, and a relay holds each socket but the first. A client that lacks
// more than two changes begins anew. Of more than two messages a second an audience room shows a part.
const site = Site.alone({
  ...{ CROWD_MEMBERS: "3", LIVE_MEMBERS: "1" },
  ...{ MAX_CHANGES: "2", AUDIENCE_RATE: "2" },
});
/** So many messages are sent at once, to leave out some of them. */
const BURST = 12;
/** So many more fill a low window. */
const ENCORES = 9;

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

test("who has the link to an audience room looks, is counted, and is a member by writing", async () => {
  const [ann, vic] = [await site.person("ann"), await site.person("vic")];
  const page = await site.open({ person: ann, hash: "#/new" });
  await page.getByRole("textbox", { name: "Name of the group" }).fill("Stage");
  await page.getByRole("checkbox", { name: /^Audience room/ }).check();
  await page.getByRole("button", { name: "Create group" }).click();
  await composer(page).waitFor();
  await send(page, "Doors open");
  await stored(page, "Doors open").waitFor();
  const { hash } = new URL(page.url());

  const vics = await site.open({ person: vic, hash });
  await stored(vics, "Doors open").waitFor();
  await vics.getByText("2 watching").waitFor();
  await expect.poll(() => row(vics, "Stage").count()).toBe(0);
  await send(page, "The band is here");
  await stored(vics, "The band is here").waitFor();
  await expect.poll(() => vics.getByRole("link", { name: "Details" }).count()).toBe(0);
  expect(await findings(vics)).toEqual([]);
  await page.getByRole("link", { name: "Details" }).click();
  await details(page).getByText("2 watching").waitFor();

  // Who may not write is told so, and joins by a button.
  const writers = async (who: string) => {
    await details(page).getByRole("button", { name: "Edit the group" }).click();
    await details(page).getByRole("radio", { name: who }).check();
    await details(page).getByRole("button", { name: "Save", exact: true }).click();
  };
  await writers("Members");
  await vics.getByText("Only members write in this group.").waitFor();
  await writers("Everybody who watches, and joins by it");
  await composer(vics).waitFor();
  const other = await site.open({ person: await site.person("wes"), hash, viewport: PHONE });
  await stored(other, "The band is here").waitFor();
  await other.getByRole("link", { name: "Back to the list" }).click();

  await send(vics, "Hello from the third row");
  await stored(page, "Hello from the third row").waitFor();
  await row(vics, "Stage").waitFor();
  await vics.getByRole("link", { name: "Details" }).waitFor();
  // The field of a member has the focus in place of that of a viewer.
  await vics.keyboard.type("Still here");
  await vics.keyboard.press("Enter");
  await stored(page, "Still here").waitFor();
  await vics.getByRole("link", { name: "Details" }).click();
  await member(vics, vic).waitFor();
});

test("who looks has one socket after a reset, and none where they may look no more", async () => {
  const [ann, vic] = [await site.person("ann"), await site.person("vic")];
  const fields = { kind: "group", name: "Stage", audience: true, join_policy: "free", member_ids: [] };
  const { id } = Conversation.parse(await ann.call("POST", "/v1/conversations", fields));
  const sent = [];
  for (const text of ["one", "two", "Doors open"]) sent.push(await ann.send(id, text));
  await using network = await Network.to(site.origin);
  const page = await site.open({ person: vic, origin: network.origin });
  const sockets: WebSocket[] = [];
  page.on("websocket", (socket) => {
    if (socket.url().includes(`/conversations/${id}/socket`)) sockets.push(socket);
  });
  await page.clock.install();
  await page.goto(`${network.origin}/#/c/${id}`);
  await stored(page, "Doors open").waitFor();
  await expect.poll(() => sockets.length).toBe(1);
  /** Lets the pauses of the page pass until it shows something. */
  const reach = (shown: Locator) =>
    expect
      .poll(async () => {
        await page.clock.fastForward(2_000);
        return shown.count();
      })
      .toBe(1);

  await network.down();
  for (const { seq } of sent)
    await ann.call("PATCH", `/v1/conversations/${id}/messages/${seq}`, {
      ...{ body: { text: `edited ${seq}` }, base_version: 1 },
    });
  await network.up();
  await reach(stored(page, `edited ${sent.at(-1)?.seq}`));
  await page.clock.fastForward(60_000);
  await ann.send(id, "The band is here");
  await reach(stored(page, "The band is here"));
  await expect.poll(() => sockets.filter((socket) => !socket.isClosed()).length).toBe(1);

  await network.down();
  await ann.call("PUT", `/v1/conversations/${id}/bans/${vic.user.id}`, {});
  await network.up();
  await reach(page.getByText("This conversation is not there"));
  const { length } = sockets;
  await page.clock.fastForward(60_000);
  expect(sockets.length).toBe(length);
});

test("where a busy audience room leaves out messages its members and viewers are told, and shown the rest", async () => {
  const [ann, ben, vic] = [await site.person("ann"), await site.person("ben"), await site.person("vic")];
  const body = { kind: "group", name: "Finale", audience: true, join_policy: "free" };
  const room = await ann.call("POST", "/v1/conversations", { ...body, member_ids: [ben.user.id] });
  const { id } = Conversation.parse(room);
  await ann.send(id, "Now comes the finale");
  let last = 0;
  const opened = [ann, vic].map((person) => site.open({ person, hash: `#/c/${id}` }));
  const pages = await Promise.all(opened);
  // A page that is still loading would begin behind what the other one has had written.
  for (const page of pages) await stored(page, "Now comes the finale").waitFor();
  for (const page of pages) {
    // A day is an item of the list, too, whose text changes with each message.
    const marks = page.locator("li.notice").filter({ hasText: /messages? left out · Show/ });
    while ((await marks.count()) === 0) {
      await Promise.all(Array.from({ length: BURST }, () => ben.send(id, `Bravo ${++last}`)));
      await ann.send(id, `Round ${last}`);
      await stored(page, `Round ${last}`).waitFor();
    }
    expect(await findings(page)).toEqual([]);
    const show = async () => {
      const told = await marks.allInnerTexts();
      await marks.last().getByRole("button").press("Enter");
      await expect.poll(() => marks.allInnerTexts()).not.toEqual(told);
    };
    // Who is not at the end keeps the first row on screen where it is.
    for (let n = 0; n < ENCORES; n++) await ann.send(id, `Encore ${++last}`);
    await stored(page, `Encore ${last}`).waitFor();
    await page.setViewportSize({ ...PHONE, height: 480 });
    await marks.last().evaluate((mark) => mark.scrollIntoView({ block: "center" }));
    await page.evaluate(() => new Promise(requestAnimationFrame));
    await page.evaluate(() => new Promise(requestAnimationFrame));
    // The first row may be a notice.
    const held = page.locator(`li[data-seq="${(await sight(page)).first}"]`);
    const before = await held.boundingBox();
    await show();
    const after = await held.boundingBox();
    expect(Math.abs((after?.y ?? 0) - (before?.y ?? Infinity))).toBeLessThan(1);
    while ((await marks.count()) > 0) await show();
    const all = await ann.history(id);
    const said = all.flatMap(({ body }) => (typeof body.text === "string" ? [body.text] : []));
    await expect.poll(() => texts(page)).toEqual(said);
  }
});
