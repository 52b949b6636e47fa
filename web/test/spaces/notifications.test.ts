import { expect, test } from "vitest";
import { Site } from "../support/site.ts";
import { connection } from "../support/talk.ts";
import { Scene, tab } from "./scene.ts";

const site = Site.forFile();

test("a notification of a channel names the channel and its space, unless that is muted", async () => {
  const club = await Scene.open(site);
  const { ann, bob } = club;
  const seeds = await club.channel("seeds");
  const context = await site.device({ person: ann });
  await context.addInitScript(() => {
    if (location.protocol !== "http:") return;
    const titles: string[] = [];
    document.hasFocus = () => false;
    class Shown {
      static readonly permission = "granted";
      constructor(title: string) {
        titles.push(title);
      }
      close() {}
    }
    localStorage.setItem("parley:notify", "true");
    Object.assign(window, { Notification: Shown, titles });
  });
  const page = await context.newPage();
  await page.goto(site.origin);
  await tab(page, "Garden club").waitFor();
  await connection(page, "live").waitFor({ state: "attached" });
  // Who tells of it is loaded behind the first view: the title says that it is there.
  await bob.send(seeds, "Beans?");
  await expect.poll(() => page.title()).toBe("(1) Parley");
  await bob.send(seeds, "Peas?");
  await expect
    .poll(() => page.evaluate(() => Reflect.get(window, "titles").at(-1)))
    .toBe("# seeds · Garden club");

  // Of a space that is muted on any device nothing is told.
  await tab(page, "Garden club").click();
  await ann.call("PUT", `${club.path}/preferences`, { muted_until: -1 });
  await page.getByRole("img", { name: "You have muted this space" }).waitFor();
  const told = () => page.evaluate((): string[] => Reflect.get(window, "titles"));
  const { length } = await told();
  await bob.send(seeds, "Roses?");
  const { id: direct } = await bob.openDirect(ann);
  await bob.send(direct, "Hello");
  await expect.poll(async () => (await told()).at(-1)).toBe(bob.user.username);
  expect((await told()).slice(length)).toEqual([bob.user.username]);
});
