import axe from "axe-core";
import type { Page } from "playwright-core";
import { DESKTOP, PHONE } from "./site.ts";

const THEMES = ["light", "dark"] as const;
/** What views look like: on a computer and on a phone, light and dark. */
export const LOOKS = THEMES.flatMap((theme) => [DESKTOP, PHONE].map((viewport) => ({ theme, viewport })));

/** Gives a page a look. */
export async function dress(page: Page, { theme, viewport }: (typeof LOOKS)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await page.setViewportSize(viewport);
}

/** Whether something on a page stands out to its right. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
}

/**
 * The rule that what scrolls can have the focus. A wide table in a message can have it once arrow keys have
 * led to its row, as all that is in rows: packages/react/src/timeline/tab-stops.ts
 */
const ROVING = "scrollable-region-focusable";

/**
 * What of a page is hard or impossible to use for some people, as axe-core finds it: serious and critical
 * findings.
 */
export async function findings(page: Page): Promise<string[]> {
  // The page's policy forbids scripts of others; the protocol of the browser does not ask it. The script is
  // large: a document gets it once.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  // What is in order is a multiple of that, and stays in the page.
  const violations = await page.evaluate(async () => {
    const { violations: all } = await window.axe.run({ resultTypes: ["violations"] });
    const isSeen = ({ target: [selector] }: axe.NodeResult) => {
      const box = document.querySelector(String(selector))?.getBoundingClientRect();
      const at = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return at?.matches(String(selector)) ?? false;
    };
    // Of what a scroller hides, axe-core only guesses what it stands on.
    return all.map((one) =>
      one.id === "color-contrast" ? { ...one, nodes: one.nodes.filter(isSeen) } : one,
    );
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) =>
      nodes
        .filter(({ html }) => !(id === ROVING && /^<div data-table[^>]* tabindex="-1"/.test(html)))
        .map(({ html, any }) => `${id}: ${help}: ${html} ${any[0]?.message ?? ""}`),
    );
}

declare global {
  interface Window {
    axe: typeof axe;
  }
}
