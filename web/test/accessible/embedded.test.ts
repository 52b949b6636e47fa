import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { sampledPairs } from "../../../test/support/sampled-cases.ts";
import { findings } from "../support/axe.ts";
import { Product } from "../support/product.ts";
import { flaws } from "../support/sight/flaws.ts";
import { kinds } from "../support/sight/kinds.ts";
import { LOOKS, show } from "../support/sight/looks.ts";
import { type Say, saying } from "../support/sight/say.ts";

const product = await Product.start();
const { site } = product;

interface Shown {
  direct: number;
  kinds: number;
}

/** The pages of the example: which one, of which conversation, and what is done there. */
const VIEWS: [
  name: string,
  conversation: (of: Shown) => number | undefined,
  open: null | ((page: Page, say: Say) => Promise<unknown>),
  seen: string,
][] = [
  ["index", ({ direct }) => direct, null, "Is the blue one in stock?"],
  ["index", ({ kinds: id }) => id, null, "Build 12 is green"],
  [
    "index",
    ({ direct }) => direct,
    (page, say) =>
      page
        .getByRole("button", { name: say("embed.thread") })
        .first()
        .click(),
    "Is the blue one in stock?",
  ],
  ["index", () => 999_999, null, "not_found"],
  ["inbox", () => undefined, null, "Kinds"],
  ["inbox", ({ direct }) => direct, null, "Is the blue one in stock?"],
  ["themes", ({ direct }) => direct, null, "Is the blue one in stock?"],
];

test("the pages of the example can be read and reached", { timeout: 600_000 }, async () => {
  const [ann, ben, direct] = await site.direct("ann", "ben");
  await ben.send(direct, "Is the **blue** one in stock?");
  await ann.send(direct, "It is");
  const shown = { direct, kinds: await kinds(site, ann, ben) };
  const found: unknown[] = [];
  for (const [[name, conversation, open, seen], look] of sampledPairs(VIEWS, LOOKS)) {
    const page = await (await site.device({ language: look.language })).newPage();
    await show(page, look);
    const id = conversation(shown);
    const hash = `${id === undefined ? "" : `conversation=${id}&`}token=${ann.token}`;
    await page.goto(`${product.origin}/example/${name}.html#${hash}`);
    await page.getByText(seen).filter({ visible: true }).first().waitFor();
    await open?.(page, saying(look.language));
    const all = [...(await flaws(page)), ...(await findings(page))];
    if (all.length > 0) found.push([name, hash, look, all]);
    await page.close();
  }
  expect(found).toEqual([]);
});
