import { describe, expect, test } from "vitest";
import { findFirefox } from "../support/firefox/firefox.ts";
import { flaws, hiddenFocus } from "../support/sight/flaws.ts";
import { LOOKS } from "../support/sight/looks.ts";
import { PLACES } from "../support/sight/places.ts";
import { Tour } from "../support/sight/tour.ts";
import { lively } from "../support/sight/world.ts";
import { Site } from "../support/site.ts";

/** The Firefox of this machine, or why there is none. */
function found(): { path: string } | { why: string } {
  try {
    return { path: findFirefox() };
  } catch (error) {
    return { why: error instanceof Error ? error.message : `${error}` };
  }
}

const firefox = found();

if ("why" in firefox)
  test(`each view in a Firefox. Not played: ${firefox.why}`, (run) => run.skip(firefox.why));
else
  describe(`in ${firefox.path}`, () => {
    const site = Site.inFirefox(firefox.path);

    /** A phone by day, in English; a computer at night, in Chinese. */
    const looks = LOOKS.filter(
      ({ language, viewport, theme }) =>
        (viewport.width === 390 && theme === "light" && language === "en-US") ||
        (viewport.width === 1440 && theme === "dark" && language === "zh-CN"),
    );

    test("each view can be read, reached and told apart", { timeout: 600_000 }, async () => {
      expect(looks).toHaveLength(2);
      const tour = new Tour(site, await lively(site), false);
      const all: Record<string, string[]> = {};
      for (const look of looks)
        for (const view of PLACES) {
          const page = await tour.visit(view, look);
          // Playwright cannot give this Firefox a dark screen. The page has a setting for it.
          await page.evaluate((theme) => {
            document.documentElement.dataset.theme = theme;
            // Its colours, and what fades in, are there at once. Nor can this Firefox be asked for no motion.
            for (const one of document.getAnimations())
              if (one.effect?.getTiming().iterations !== Infinity) one.finish();
          }, look.theme);
          const wrong = [...(await flaws(page)), ...(await hiddenFocus(page))];
          if (wrong.length > 0) all[`${view.name} ${JSON.stringify(look)}`] = wrong;
        }
      expect(all).toEqual({});
    });
  });
