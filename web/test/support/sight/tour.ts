import type { Page } from "playwright-core";
import type { Site } from "../site.ts";
import { connection } from "../talk.ts";
import { type Look, show } from "./looks.ts";
import { type Say, saying } from "./say.ts";
import type { View } from "./view.ts";
import type { World } from "./world.ts";

/** Narrower than this, in px, a page is one of a phone. */
const PHONES = 768;

/** How long, in ms, a view may take. Only one that is not there takes so long. */
const PATIENCE = 20_000;

/** A page for each user, language and kind of device, which goes from view to view. */
export class Tour {
  readonly #site: Site;
  readonly #world: World;
  readonly #canTouch: boolean;
  readonly #pages = new Map<string, Page>();
  /** what each page shows, and in which size where that matters */
  readonly #shown = new Map<Page, string>();

  /** @param canTouch whether a phone has a touch screen, as the browser can play it */
  constructor(site: Site, world: World, canTouch = true) {
    this.#site = site;
    this.#world = world;
    this.#canTouch = canTouch;
  }

  /** @returns the page, once it shows the view */
  async visit(view: View, look: Look): Promise<Page> {
    const { language, viewport } = look;
    const by = view.by ?? "ann";
    const hasTouch = this.#canTouch && viewport.width < PHONES;
    const key = `${by} ${language} ${hasTouch}`;
    const person = this.#world[by];
    const page = this.#pages.get(key) ?? (await this.#site.open({ person, language, hasTouch }));
    this.#pages.set(key, page);
    await show(page, look);
    // What is opened stands where its button was.
    const shown = `${view.name} ${view.open ? viewport.width : ""}`;
    if (this.#shown.get(page) !== shown) await this.#open(page, view, saying(language));
    this.#shown.set(page, shown);
    await view.seen(page, saying(language)).waitFor({ timeout: PATIENCE });
    await page.evaluate(still);
    return page;
  }

  async #open(page: Page, view: View, say: Say): Promise<void> {
    // What was opened over the view before is closed. A reload would be cut off by the way back from it.
    if (view.open || this.#shown.get(page)?.match(/\d$/)) await page.goto("about:blank");
    await page.goto(`${this.#site.origin}/${view.hash(this.#world)}`);
    await connection(page, "live").waitFor({ state: "attached" });
    await view.open?.(page, say);
  }
}

/** Runs in the page: waits until nothing fades in or moves. Not every browser can be told to move nothing. */
async function still(): Promise<void> {
  const moving = document.getAnimations().filter(({ effect }) => {
    const { endTime } = effect?.getComputedTiming() ?? {};
    return typeof endTime === "number" && endTime < 1_000;
  });
  await Promise.allSettled(moving.map(({ finished }) => finished));
}
