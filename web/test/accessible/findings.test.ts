import type { Page } from "playwright-core";
import { expect, inject, test } from "vitest";
import { sampledCases, sampledPairs } from "../../../test/support/sampled-cases.ts";
import { findings } from "../support/axe.ts";
import { flaws, hiddenFocus } from "../support/sight/flaws.ts";
import { LOOKS, type Look, show } from "../support/sight/looks.ts";
import { type Say, saying } from "../support/sight/say.ts";
import { VIEWS, type View } from "../support/sight/views.ts";
import { lively, type World } from "../support/sight/world.ts";
import { Site } from "../support/site.ts";
import { connection } from "../support/talk.ts";

const site = Site.forFile();
const isWhole = inject("run") === "all" || inject("everyCase");
/** How many of the views that are opened by more than an address a run looks at, if not at all. */
const FEW = 8;

/** What is wrong with what a page shows. */
async function wrong(page: Page, look: Look): Promise<string[]> {
  // What a language says changes no role and no label.
  const isChecked = look.language === "en-US" || !isWhole;
  return [...(await flaws(page)), ...(isChecked ? await findings(page) : [])];
}

/** What is there before a sign-in: how it is opened, and what is seen then. */
const OUTSIDE: [path: string, open: null | ((page: Page, say: Say) => Promise<void>), seen: string][] = [
  ["/", null, "form"],
  [
    "/",
    (page, say) => page.getByRole("button", { name: say("signIn.toRegister") }).click(),
    "[type=password]",
  ],
  ["/#/join/AAAAAAAAAAAAAAAAAAAAAA", null, "form"],
  ["/docs/", null, "h1"],
  ["/docs/start", null, "h1"],
  ["/docs/settings", null, "table"],
];

test("what is there before a sign-in can be read and reached", async () => {
  const pairs = isWhole
    ? OUTSIDE.flatMap((one) => LOOKS.map((look) => [one, look] as const))
    : sampledPairs(OUTSIDE, LOOKS.slice(0, 4));
  for (const [[path, open, seen], look] of pairs) {
    const page = await site.open({ language: look.language });
    await show(page, look);
    await page.goto(site.origin + path);
    await open?.(page, saying(look.language));
    await page.locator(seen).first().waitFor();
    expect([path, look, await wrong(page, look)]).toEqual([path, look, []]);
    await page.close();
  }
});

test("the first steps can be read and reached", async () => {
  const page = await site.open({ person: await site.person("ann") });
  await page.getByRole("button", { name: "Turn on notifications" }).waitFor();
  for (const look of LOOKS.filter(({ language }) => language === "en-US")) {
    await show(page, look);
    expect([look, await wrong(page, look)]).toEqual([look, []]);
  }
});

/** A page of Ann's for each language, which goes from view to view. */
class Tour {
  readonly #world: World;
  readonly #pages = new Map<string, Page>();
  /** what each page shows, and in which size where that matters */
  readonly #shown = new Map<Page, string>();

  constructor(world: World) {
    this.#world = world;
  }

  async visit(view: View, look: Look): Promise<Page> {
    const { language, viewport } = look;
    const page = this.#pages.get(language) ?? (await site.open({ person: this.#world.ann, language }));
    this.#pages.set(language, page);
    await show(page, look);
    // What is opened stands where its button was.
    const shown = `${view.name} ${view.open ? viewport.width : ""}`;
    if (this.#shown.get(page) !== shown) await this.#open(page, view, saying(language));
    this.#shown.set(page, shown);
    await view.seen(page, saying(language)).waitFor();
    return page;
  }

  async #open(page: Page, view: View, say: Say): Promise<void> {
    // What was opened over the view before is closed. A reload would be cut off by the way back from it.
    if (view.open || this.#shown.get(page)?.match(/\d$/)) await page.goto("about:blank");
    await page.goto(`${site.origin}/${view.hash(this.#world)}`);
    await connection(page, "live").waitFor({ state: "attached" });
    await view.open?.(page, say);
  }
}

const OPENED = VIEWS.filter(({ open }) => open !== undefined);
const PLAIN = VIEWS.filter(({ open }) => open === undefined);

test.each([
  ["each view", PLAIN, PLAIN.length],
  ["what is opened over a view or beside it", OPENED, FEW],
] as const)(
  "%s can be read, reached and told apart",
  async (_, views, few) => {
    const tour = new Tour(await lively(site));
    const pairs = isWhole
      ? views.flatMap((view) => LOOKS.map((look): [View, Look] => [view, look]))
      : sampledPairs(sampledCases(views, few), LOOKS);
    const found: Record<string, string[]> = {};
    for (const [view, look] of pairs) {
      const page = await tour.visit(view, look);
      const all = await wrong(page, look);
      if (!isWhole || look.theme === "dark") all.push(...(await hiddenFocus(page)));
      if (all.length > 0) found[`${view.name} ${JSON.stringify(look)}`] = all;
    }
    expect(found).toEqual({});
  },
  900_000,
);
