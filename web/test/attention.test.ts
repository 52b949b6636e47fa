import type { BrowserContext, Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { Network } from "../../packages/client/test/support/network.ts";
import type { Person } from "../../scripts/support/person.ts";
import { Message } from "../../scripts/support/shapes.ts";
import { Site } from "./support/site.ts";
import { composer, connection, row, stored } from "./support/talk.ts";

const site = Site.forFile();
const HOUR = 3_600_000;
const Chosen = z.object({ levels: z.array(z.unknown()), quiet_hours: z.unknown() });

/** A browser whose pages note what they show beside them, and that the user looks elsewhere. */
async function device(person: Person): Promise<BrowserContext> {
  const context = await site.device({ person });
  await context.addInitScript(() => {
    // A page begins as an empty one, which has no storage.
    if (location.protocol !== "http:") return;
    const shown: { title: string; body: string; tag: string; data: string; isClosed: boolean }[] = [];
    let isLookedAt = false;
    document.hasFocus = () => isLookedAt;
    class Shown {
      static readonly permission = "granted";
      readonly #note;
      constructor(title: string, { body, tag, data }: { body: string; tag: string; data: string }) {
        for (const one of shown) if (one.tag === tag) one.isClosed = true;
        this.#note = { title, body, tag, data, isClosed: false };
        shown.push(this.#note);
      }
      close() {
        this.#note.isClosed = true;
      }
    }
    const look = (is: boolean) => {
      isLookedAt = is;
      dispatchEvent(new Event(is ? "focus" : "blur"));
    };
    localStorage.setItem("parley:notify", "true");
    Object.assign(window, { Notification: Shown, shown, look });
  });
  return context;
}

async function open(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${site.origin}/#/settings/notifications`);
  return page;
}

const look = (page: Page, is: boolean) => page.evaluate((value) => Reflect.get(window, "look")(value), is);

/** What notifications say: all that came, or those that stand. */
const notified = (page: Page, only: "all" | "standing" = "standing") =>
  page.evaluate(
    (every) =>
      Reflect.get(window, "shown")
        .filter(({ isClosed }: { isClosed: boolean }) => every || !isClosed)
        .map(({ title, body, data }: Record<string, string>) => `${title}: ${body} ${data}`),
    only === "all",
  );

/** What the row of a conversation shows beside its name. */
const badges = (page: Page, name: string) => row(page, name).locator(".badges").innerText();

/** Ann's group with Ben and Cat, with a thread of Ann's and one of Ben's, which Ann does not follow. */
async function group() {
  const [ann, ben, cat] = [await site.person("ann"), await site.person("ben"), await site.person("cat")];
  const { id } = await ann.openGroup("Hike", [ben, cat]);
  const own = await ann.send(id, "Who brings the tent?");
  const other = await ben.send(id, "I found a map");
  await ann.read(id, other.seq);
  const say = async (by: Person, text: string, more = {}) =>
    Message.parse(
      await by.call("POST", `/v1/conversations/${id}/messages`, { kind: "text", body: { text }, ...more }),
    );
  const within = ({ seq }: { seq: number }) => ({ thread: { root: seq, also_in_main: false } });
  return { ann, ben, cat, id, own, other, say, within };
}

test("list, title and notifications show each reply and mention that calls, until it is read anywhere", async () => {
  const { ann, ben, cat, id, own, other, say, within } = await group();
  const page = await open(await device(ann));
  await row(page, "Hike").waitFor();
  const place = `#/c/${id}`;
  const seen = async () => [await badges(page, "Hike"), await page.title(), ...(await notified(page))];
  const becomes = (...all: string[]) => expect.poll(seen).toEqual(all);
  const nick = ben.user.username;
  await becomes("", "Parley");
  // A thread that Ann began.
  const reply = await say(ben, "I do", within(own));
  await becomes("1", "(1) Parley", `Hike: ${nick}: I do ${place}/t/${own.seq}`);
  await page.goto(`${site.origin}/#/threads`);
  const followed = page.getByRole("link", { name: "1 reply" });
  await followed.getByTitle("1 unread message").waitFor();
  await ann.call("PUT", `/v1/conversations/${id}/threads/${own.seq}/read`, { seq: reply.seq });
  await expect.poll(() => followed.getByTitle("1 unread message").count()).toBe(0);
  await becomes("", "Parley");
  // One that she has nothing to do with, and what nobody has said.
  await say(cat, "Which one?", within(other));
  await ann.call("PATCH", `/v1/conversations/${id}`, { introduction: "Every Sunday" });
  const mentions = [ann.user.id];
  const named = await say(ben, "Ask Ann", { ...within(other), mentions });
  await becomes("@", "(1) Parley", `Hike: ${nick}: Ask Ann ${place}/t/${other.seq}`);
  await ann.read(id, named.seq);
  await becomes("", "Parley");
  // What is muted, until that ends by the clock.
  await page.clock.install();
  await ann.call("PUT", `/v1/conversations/${id}/preferences`, { muted_until: Date.now() + HOUR });
  await row(page, "Hike").locator(".row-name svg").waitFor();
  const late = await say(ben, "Rain");
  await becomes("1", "Parley");
  const edit = { base_version: 1, body: { text: "Rain, Ann" }, mentions };
  await ben.call("PATCH", `/v1/conversations/${id}/messages/${late.seq}`, edit);
  await becomes("@\n1", "(1) Parley", `Hike: ${nick}: Rain, Ann ${place}`);
  await ann.read(id, late.seq);
  await becomes("", "Parley");
  await say(cat, "Sun");
  await becomes("1", "Parley");
  await page.clock.fastForward(HOUR + 1_000);
  await becomes("1", "(1) Parley");
  await row(page, "Hike").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Mute", exact: true }).waitFor();
  await page.getByRole("menuitem", { name: "Mark as read" }).click();
  await becomes("", "Parley");
  await expect.poll(() => notified(page, "all")).toHaveLength(3);
});

test("the user hears of what they have chosen for a conversation, and of nothing in quiet hours", async () => {
  const { ann, ben, id, say } = await group();
  const page = await open(await device(ann));
  await page.getByLabel("A notification shows").selectOption("Who writes");
  await page.goto(`${site.origin}/#/c/${id}/info`);
  const level = page.getByLabel("Notify you of");
  const chosen = async () => Chosen.parse(await ann.call("GET", "/v1/push"));
  await level.selectOption("Mentions of you");
  await expect.poll(chosen).toMatchObject({ levels: [{ conversation_id: id, level: "mentions" }] });
  await page.goto(`${site.origin}/#/settings/notifications`);
  const shown = `Hike: ${ben.user.username}: A new message #/c/${id}`;
  const mentions = [ann.user.id];
  await say(ben, "Rain");
  await expect.poll(() => badges(page, "Hike")).toBe("1");
  await say(ben, "Ask Ann", { mentions });
  await expect.poll(() => notified(page, "all")).toEqual([shown]);
  // From midnight to midnight: the whole day.
  await page.getByLabel("Quiet hours").check();
  for (const end of ["From", "To"]) await page.getByLabel(end, { exact: true }).fill("00:00");
  await expect.poll(chosen).toMatchObject({ quiet_hours: { from: "00:00", to: "00:00" } });
  await say(ben, "Ann?", { mentions });
  await expect.poll(() => badges(page, "Hike")).toBe("@\n3");
  await page.getByLabel("Quiet hours").uncheck();
  await expect.poll(chosen).toMatchObject({ quiet_hours: null });
  await say(ben, "Ann!", { mentions });
  await expect.poll(() => notified(page, "all")).toEqual([shown, shown]);
});

test("one tab tells, and only while the user looks at none", async () => {
  const { ann, ben, id } = await group();
  const context = await device(ann);
  const [front, back] = [await open(context), await open(context)];
  for (const page of [front, back]) await row(page, "Hike").waitFor();
  const all = async () => [await notified(front, "all"), await notified(back, "all")].flat();
  await look(front, true);
  await ben.send(id, "Seen");
  for (const page of [front, back]) await expect.poll(() => badges(page, "Hike")).toBe("1");
  await look(front, false);
  const { seq } = await ben.send(id, "Told");
  await expect.poll(all).toHaveLength(1);
  await expect.poll(all).toEqual([`Hike: ${ben.user.username}: Told #/c/${id}`]);
  for (const page of [front, back]) await expect.poll(() => badges(page, "Hike")).toBe("2");
  await ann.read(id, seq);
  await expect.poll(async () => [await notified(front), await notified(back)].flat()).toEqual([]);
  // The next tab goes on.
  await front.close();
  await ben.send(id, "Told again");
  await expect.poll(() => notified(back)).toEqual([`Hike: ${ben.user.username}: Told again #/c/${id}`]);
});

test("the field of a member who was muted for a time opens when that is over, without a connection too", async () => {
  const { ann, ben, id } = await group();
  await ann.call("PATCH", `/v1/conversations/${id}/members/${ben.user.id}`, { muted_for_s: 600 });
  await using network = await Network.to(site.origin);
  const page = await (await site.device({ person: ben, origin: network.origin })).newPage();
  // Before the page sets a timer: one that it has set already would not hear of the time that passes.
  await page.clock.install();
  await page.goto(`${network.origin}/#/c/${id}`);
  await stored(page, "I found a map").waitFor();
  await page.getByText(/You are muted/).waitFor();
  await network.down();
  await connection(page, "connecting").getByText(/./).waitFor();
  await page.clock.fastForward(HOUR);
  await composer(page).waitFor();
});
