import { expect, test } from "vitest";
import { Site } from "../support/site.ts";
import { connection } from "../support/talk.ts";
import { Scene, tab } from "./scene.ts";

const site = Site.forFile();

test("a notification of a channel names the channel and its space", async () => {
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
});
