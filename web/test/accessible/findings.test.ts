import type { Page } from "playwright-core";
import { expect, inject, test } from "vitest";
import { sampledCases, sampledPairs } from "../../../test/support/sampled-cases.ts";
import { findings } from "../support/axe.ts";
import { flaws, hiddenFocus } from "../support/sight/flaws.ts";
import { LOOKS, type Look, SIZES, show } from "../support/sight/looks.ts";
import { OPENED } from "../support/sight/opened.ts";
import { PLACES } from "../support/sight/places.ts";
import { type Say, saying } from "../support/sight/say.ts";
import { Tour } from "../support/sight/tour.ts";
import type { View } from "../support/sight/view.ts";
import { lively } from "../support/sight/world.ts";
import { Site } from "../support/site.ts";

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

test("what is there before a sign-in can be read and reached", { timeout: 600_000 }, async () => {
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

/**
 * In which looks a whole run sees a view. What is opened takes seconds, so `npm run test:all` sees each in
 * every size and in both languages and modes, but not in every size in both languages.
 */
function looksAt({ open }: View, i: number): readonly Look[] {
  if (!open || inject("everyCase")) return LOOKS;
  const isEnglish = (size: number) => (SIZES.findIndex(({ width }) => width === size) + i) % 2 === 0;
  return LOOKS.filter(({ language, viewport }) => (language === "en-US") === isEnglish(viewport.width));
}

test.each([
  ["each view", PLACES, PLACES.length],
  ["what is opened over a view or beside it", OPENED, FEW],
] as const)(
  "%s can be read, reached and told apart",
  async (_, views, few) => {
    const tour = new Tour(site, await lively(site));
    const pairs = isWhole
      ? views.flatMap((view, i) => looksAt(view, i).map((look): [View, Look] => [view, look]))
      : sampledPairs(sampledCases(views, few), LOOKS);
    const found: Record<string, string[]> = {};
    for (const [view, look] of pairs) {
      const all = await tour.visit(view, look).then(
        async (page) => [
          ...(await wrong(page, look)),
          ...(!isWhole || look.theme === "dark" ? await hiddenFocus(page) : []),
        ],
        (error) => [`not shown: ${error}`],
      );
      if (all.length > 0) found[`${view.name} ${JSON.stringify(look)}`] = all;
    }
    expect(found).toEqual({});
  },
  3_000_000,
);
