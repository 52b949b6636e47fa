import { expect, test } from "vitest";
import { flaws, hiddenFocus } from "../support/sight/flaws.ts";
import { Site } from "../support/site.ts";

const site = Site.forFile();
const BUTTON = "display: block; width: 60px; height: 30px; border: 0; background: #eee; color: #000";

/** What is wrong with a page, what is found, and how the like of it looks that is in order. */
const PLANTED: [fault: string, wrong: string, right: string][] = [
  [
    "overlap",
    `<button style="${BUTTON}">One</button><button style="${BUTTON}; margin-top: -10px">Two</button>`,
    `<button style="${BUTTON}">One</button><button style="${BUTTON}">Two</button>`,
  ],
  [
    "cut",
    '<p style="width: 60px; overflow: hidden; white-space: nowrap">A long line of words</p>',
    '<p style="width: 60px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis">A long line of words</p>',
  ],
  [
    "cut",
    '<p style="height: 10px; overflow: hidden">Words</p>',
    '<p style="height: 20px; overflow: hidden">Words</p>',
  ],
  [
    "cut",
    '<input style="height: 30px" size="4" placeholder="What are you looking for?">',
    '<input style="height: 30px" size="40" placeholder="What?">',
  ],
  [
    "spills",
    '<p style="width: 40px"><b>Unbreakable-words-are-wider</b></p>'.replaceAll("-", ""),
    '<p style="width: 40px; overflow-wrap: anywhere"><b>Unbreakablewordsarewider</b></p>',
  ],
  [
    "the page scrolls sideways",
    '<div style="width: 120vw">Wide</div>',
    '<div style="width: 90vw">Wide</div>',
  ],
  [
    "small target",
    '<button style="width: 18px; height: 18px; padding: 0; border: 0; color: #000">x</button>',
    '<button style="width: 24px; height: 24px; padding: 0; border: 0; color: #000">x</button>',
  ],
  ["faint", '<p style="color: #999">Words</p>', '<p style="color: #666">Words</p>'],
  [
    "faint",
    '<div style="background: #eee"><p style="opacity: 0.5">Words</p></div>',
    '<div style="background: #eee"><p style="opacity: 0.9">Words</p></div>',
  ],
  [
    "faint",
    '<div><template shadowrootmode="open"><p style="color: #999">Words</p></template></div>',
    '<div><template shadowrootmode="open"><p style="color: #666">Words</p></template></div>',
  ],
  ["marked, though not current", '<a aria-current="false">A</a>', "<a>A</a>"],
  ["small text", '<p style="font-size: 11px">Words</p>', '<p style="font-size: 12px">Words</p>'],
  [
    "covered",
    '<div style="position: relative"><p>Words</p><div style="position: absolute; inset: 0; background: #fff"></div></div>',
    '<div style="position: relative"><p>Words</p><div style="position: absolute; inset: 0"></div></div>',
  ],
  [
    "text over text",
    '<p style="margin: 0; line-height: 20px">Words</p><p style="margin: -16px 0 0; line-height: 20px">Others</p>',
    '<p style="margin: 0; line-height: 20px">Words</p><p style="margin: 0; line-height: 20px">Others</p>',
  ],
  [
    "focus not shown",
    `<button style="${BUTTON}; outline: none">One</button>`,
    `<button style="${BUTTON}">One</button>`,
  ],
];

test("what is wrong with a page is found, and nothing else", async () => {
  const page = await (await site.device()).newPage();
  const found = async (body: string) => {
    await page.setContent(`<!doctype html><html lang="en"><body style="font: 15px sans-serif">${body}`);
    const all = [...(await flaws(page)), ...(await hiddenFocus(page))];
    return [...new Set(all.map((one) => one.replace(/:.*/s, "")))];
  };
  const all: [string, string[]][] = [];
  for (const [, wrong, right] of PLANTED) all.push([wrong, await found(wrong)], [right, await found(right)]);
  expect(all).toEqual(
    PLANTED.flatMap(([fault, wrong, right]) => [
      [wrong, [fault]],
      [right, []],
    ]),
  );
});
