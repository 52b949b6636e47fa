import type { Locator } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { Person } from "../../scripts/support/person.ts";
import { Message } from "../../scripts/support/shapes.ts";
import { findings } from "./support/axe.ts";
import { PHONE, Site } from "./support/site.ts";
import { composer, confirm, stored } from "./support/talk.ts";

const site = Site.forFile();

const Made = z.object({ id: z.int(), username: z.string(), token: z.string() });
const Tapped = z.object({ type: z.literal("tapped"), tap_id: z.string(), data: z.string() });

/** Makes a call with the token of a bot. */
async function asBot(token: string, method: string, path: string, body: unknown): Promise<unknown> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const answer = await fetch(site.origin + path, { method, headers, body: JSON.stringify(body) });
  const text = await answer.text();
  expect(answer.ok, text).toBe(true);
  return text === "" ? null : JSON.parse(text);
}

/** A bot of a person, which is in a group with them and says what it is tapped. */
async function botOf(maker: Person, answer: (data: string) => object) {
  const bot = Made.parse(await maker.call("POST", "/v1/bots", { nickname: "Weather" }));
  const { id } = await maker.openGroup("Hike", []);
  await maker.call("POST", `/v1/conversations/${id}/members`, { user_ids: [bot.id] });
  const messages = `/v1/conversations/${id}/messages`;
  const say = (body: object) => asBot(bot.token, "POST", messages, body);
  const edit = (seq: number, body: object) => asBot(bot.token, "PATCH", `${messages}/${seq}`, body);
  const socket = new WebSocket(`${site.origin.replace("http", "ws")}/v1/socket`, [
    "parley.v1",
    `token.${bot.token}`,
  ]);
  const taps: string[] = [];
  socket.onmessage = ({ data }) => {
    const tapped = Tapped.safeParse(JSON.parse(String(data)));
    if (!tapped.success) return;
    taps.push(tapped.data.data);
    void asBot(bot.token, "POST", `/v1/bots/me/taps/${tapped.data.tap_id}`, answer(tapped.data.data));
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const frame = (body: object) => socket.send(JSON.stringify({ conversation_id: id, ...body }));
  return { bot, id, say, edit, frame, taps, end: () => socket.close() };
}

test("buttons of a bot stand below its message, and taps get its answers", async () => {
  const ann = await site.person("ann");
  const answers: Record<string, object> = {
    yes: { text: "Sunny, 21 °C" },
    no: { text: "Then stay in", alert: true },
    map: { text: "Here it is", url: "https://weather.example/map" },
  };
  const { id, say, edit, taps, end } = await botOf(ann, (data) => answers[data] ?? {});
  onTestFinished(end);
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  const rows = [
    [
      { text: "Yes", data: "yes" },
      { text: "No", data: "no" },
    ],
    [{ text: "Map", data: "map" }],
    [{ text: "Site", url: "https://weather.example/" }],
  ];
  const { seq } = Message.parse(await say({ kind: "text", body: { text: "Weather?" }, buttons: rows }));
  const buttons = page.getByRole("list", { name: "Buttons of Weather" });
  await buttons.getByRole("button", { name: "Yes" }).click();
  await page.getByText("Sunny, 21 °C").waitFor();
  await buttons.getByRole("button", { name: "No" }).click();
  const dialog = page.getByRole("dialog", { name: "Weather" });
  await dialog.getByText("Then stay in").waitFor();
  expect(await findings(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
  await buttons.getByRole("button", { name: "Map" }).click();
  // Nothing is opened by a bot alone.
  const link = dialog.getByRole("link", { name: "https://weather.example/map" });
  await expect.poll(() => link.getAttribute("rel")).toBe("noopener noreferrer");
  await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
  await expect
    .poll(() => buttons.getByRole("link", { name: "Site" }).getAttribute("href"))
    .toBe("https://weather.example/");
  expect(taps).toEqual(["yes", "no", "map"]);
  await edit(seq, { base_version: 1, body: { text: "Weather!" }, buttons: null });
  await stored(page, "Weather!").waitFor();
  await expect.poll(() => buttons.count()).toBe(0);
});

test("commands are completed behind a slash, and name their bot where two have them", async () => {
  const ann = await site.person("ann");
  const { bot, id, end } = await botOf(ann, () => ({}));
  onTestFinished(end);
  const commands = [
    { command: "forecast", description: "The next days", arguments: "<place>" },
    { command: "now", description: "As it is now" },
  ];
  await asBot(bot.token, "PUT", "/v1/bots/me/commands", { commands });
  const other = Made.parse(await ann.call("POST", "/v1/bots", { nickname: "Clock" }));
  await asBot(other.token, "PUT", "/v1/bots/me/commands", {
    commands: [{ command: "now", description: "The time" }],
  });
  await ann.call("POST", `/v1/conversations/${id}/members`, { user_ids: [other.id] });
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await composer(page).pressSequentially("/f");
  const options = page.getByRole("listbox", { name: "Suggestions" }).getByRole("option");
  await options.getByText("The next days").waitFor();
  await expect.poll(() => options.allInnerTexts()).toEqual([expect.stringContaining("/forecast <place>")]);
  await composer(page).press("Enter");
  await expect.poll(() => composer(page).inputValue()).toBe("/forecast ");
  await composer(page).fill("");
  await composer(page).pressSequentially("/n");
  await options.nth(1).waitFor();
  await options.getByText("The time").click();
  await expect.poll(() => composer(page).inputValue()).toBe(`/now@${other.username} `);
  // Only at the beginning is it a command.
  await composer(page).fill("Either ");
  await composer(page).pressSequentially("/n");
  await expect.poll(() => options.count()).toBe(0);
});

test("a text of a bot grows until it is stored once, and what is for one member is seen by them alone", async () => {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  const { id, say, frame, end } = await botOf(ann, () => ({}));
  onTestFinished(end);
  await ann.call("POST", `/v1/conversations/${id}/members`, { user_ids: [ben.user.id] });
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  const bensPage = await site.open({ person: ben, hash: `#/c/${id}`, viewport: PHONE });
  const live = page.getByRole("list", { name: "From bots, now" });
  const bensLive = bensPage.getByRole("list", { name: "From bots, now" });
  for (const one of [page, bensPage]) await composer(one).waitFor();
  // What bots say is heard once the code for it is loaded: until then it is shown by the next frame.
  const text = "It **rains**";
  await expect
    .poll(async () => {
      frame({ type: "draft_text", stream: "s1", text });
      return (await live.allInnerTexts()).join() + (await bensLive.allInnerTexts()).join();
    })
    .toMatch(/It rains.*It rains/s);
  expect(await findings(page)).toEqual([]);
  // It stands as the message that it becomes: with the picture of the bot, and in the same place.
  const bubble = (row: Locator) =>
    row.locator(".bubble").evaluate((one) => {
      const { top, left, height } = one.getBoundingClientRect();
      return [top, left, height].map(Math.round);
    });
  await live.getByRole("link", { name: "Weather" }).waitFor();
  const before = await bubble(live.getByRole("listitem"));
  frame({ type: "draft_text", stream: "s1", text, end: true });
  await live.waitFor({ state: "detached" });
  expect(await bubble(stored(page, "It rains"))).toEqual(before);
  frame({ type: "draft_text", stream: "s2", text: `${text} on Sunday`, end: true });
  await stored(page, "It rains on Sunday").waitFor();
  await live.waitFor({ state: "detached" });
  await stored(bensPage, "It rains on Sunday").waitFor();
  await bensLive.waitFor({ state: "detached" });
  const buttons = [[{ text: "Umbrellas", url: "https://shop.example/" }]];
  const alone = { kind: "text", body: { text: "Take an umbrella" }, buttons, only_for: ben.user.id };
  await say(alone);
  await bensLive.getByText("Take an umbrella").waitFor();
  await bensLive.getByRole("link", { name: "Umbrellas" }).waitFor();
  expect(await findings(bensPage)).toEqual([]);
  await expect.poll(() => live.count()).toBe(0);
  await bensLive.getByRole("button", { name: "Close", exact: true }).click();
  await bensLive.waitFor({ state: "detached" });
});

test("a person makes a bot, gives it a new token, and deletes it", async () => {
  const ann = await site.person("ann");
  const page = await site.open({ person: ann, hash: "#/settings/bots" });
  const bots = page.getByRole("region", { name: "Bots" });
  await bots.getByRole("button", { name: "Make a bot" }).click();
  const making = page.getByRole("dialog", { name: "Make a bot" });
  await making.getByRole("textbox", { name: "Name", exact: true }).fill("Weather");
  expect(await findings(page)).toEqual([]);
  await making.getByRole("button", { name: "Make a bot" }).click();
  const showing = page.getByRole("dialog", { name: "Token" });
  const shown = () => showing.getByRole("textbox", { name: "Token" }).inputValue();
  const first = await shown();
  const me = async (token: string) =>
    (await fetch(`${site.origin}/v1/me`, { headers: { Authorization: `Bearer ${token}` } })).status;
  expect(await me(first)).toBe(200);
  await showing.getByRole("button", { name: "Close", exact: true }).click();
  const choose = async (item: string) => {
    await bots.getByRole("button", { name: "Actions for Weather" }).click();
    await page.getByRole("menuitem", { name: item }).click();
    await confirm(page, item);
  };
  await choose("New token");
  expect(await me(await shown())).toBe(200);
  expect(await me(first)).toBe(401);
  await showing.getByRole("button", { name: "Close", exact: true }).click();
  await choose("Delete");
  await expect.poll(() => bots.getByRole("listitem").count()).toBe(0);
});
