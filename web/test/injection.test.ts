import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Person } from "../../scripts/support/person.ts";
import { PHONE, Site } from "./support/site.ts";
import { composer, send, stored } from "./support/talk.ts";

const site = Site.forFile();

const IMAGE = '<img src=x onerror="ran=1">';
const SCRIPT = '"><script>ran=1</script>';
const LINK = "javascript:ran=1";
/** Texts that would run, become HTML, or leave their line, if they were more than text. */
const TEXTS = [
  IMAGE,
  SCRIPT,
  LINK,
  `[a link](${LINK}) <${LINK}> [b](JaVaScRiPt:ran=1) [c](data:text/html,<script>ran=1</script>)`,
  `[a link](https://chat.example/"onmouseover="ran=1) https://chat.example/"onclick="ran=1`,
  `**${IMAGE}** \`${SCRIPT}\` ||${IMAGE}|| > ${SCRIPT}`,
  `\`\`\`\n${SCRIPT}\n\`\`\``,
  "{{constructor.constructor('ran=1')()}} &lt;img src=x onerror=ran=1&gt;",
  "\u202Efdp.exe \u2066 override \u202D isolate",
  `${"Ẑ̵̢͍͎̘̙̀́̂̃̄̅̆̇̈̉".repeat(40)} ${"w".repeat(2_000)}`,
  `https://chat.example/${"long/".repeat(300)}`,
];

/** A user with a group and a direct conversation in which every text is hostile. */
async function world(): Promise<{ ann: Person; ben: Person; group: number; direct: number }> {
  const [ann, ben] = [await site.person("ann"), await site.person("ben")];
  await ben.call("PATCH", "/v1/me", { nickname: IMAGE, signature: SCRIPT });
  const { id: direct } = await ben.openDirect(ann);
  const { id: group } = await ben.openGroup(`${IMAGE}${"w".repeat(40)}`, [ann]);
  await ben.call("PATCH", `/v1/conversations/${group}`, {
    announcement: TEXTS.slice(0, 8).join("\n"),
    introduction: SCRIPT,
  });
  for (const id of [direct, group]) {
    const post = (message: object) => ben.call("POST", `/v1/conversations/${id}/messages`, message);
    const media = { url: "https://chat.example/x.png?a=%22%3E", name: `${IMAGE}.pdf`, caption: SCRIPT };
    for (const kind of ["file", "image", "audio", "video"]) await post({ kind, body: media });
    await post({ kind: "location", body: { latitude: 1, longitude: 2, address: IMAGE } });
    await post({ kind: "custom", body: { data: IMAGE, description: SCRIPT, extension: LINK } });
    await post({ kind: "face", body: { index: IMAGE, data: SCRIPT } });
    await post({
      kind: "poll",
      body: { question: IMAGE, options: [SCRIPT, LINK], multiple: false, anonymous: false, ends_at: 0 },
    });
    for (const text of TEXTS) await ben.send(id, text);
  }
  return { ann, ben, group, direct };
}

/**
 * That nothing has run, nothing became an element or an address that runs, and nothing is wider than the
 * page.
 */
async function expectCalm(page: Page, where: string): Promise<void> {
  const found = await page.evaluate(() => ({
    ran: Object.hasOwn(window, "ran"),
    elements: [
      ...document.querySelectorAll("[onerror], [onclick], [onmouseover], body script, img[src='x']"),
    ].map((element) => element.outerHTML),
    addresses: [...document.querySelectorAll("a[href], img[src], [action]")]
      .map((element) => element.getAttribute("href") ?? element.getAttribute("src") ?? "")
      .filter((address) => /^\s*(javascript|data:text)/i.test(address)),
    tooWide:
      document.documentElement.scrollWidth <= innerWidth
        ? []
        : [...document.querySelectorAll("body *")]
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
            .map(({ tagName, className }) => `${tagName}.${className}`),
  }));
  expect([where, found]).toEqual([where, { ran: false, elements: [], addresses: [], tooWide: [] }]);
}

test("what others write, and what they call themselves, stays text in every view", async () => {
  const { ann, ben, group, direct } = await world();
  for (const viewport of [{ width: 1280, height: 800 }, PHONE]) {
    const page = await site.open({ person: ann, viewport });
    // Pictures and files of the messages have addresses of a host that does not exist.
    await page.route("https://chat.example/**", (route) => route.fulfill({ status: 200, body: "" }));
    for (const id of [direct, group]) {
      await page.goto(`${site.origin}/#/c/${id}`);
      await page.getByText("long/long").filter({ visible: true }).last().waitFor();
      await expectCalm(page, `conversation at ${viewport.width}`);
    }
    const views = { [`#/c/${group}/info`]: IMAGE, [`#/user/${ben.user.id}`]: IMAGE, "#/": IMAGE };
    for (const [hash, text] of Object.entries({ ...views, "#/search/override": "isolate" })) {
      await page.goto(`${site.origin}/${hash}`);
      await page.getByText(text).filter({ visible: true }).first().waitFor();
      await expectCalm(page, `${hash} at ${viewport.width}`);
    }
  }
});

test("what a user writes themselves stays text: messages, fields, and the address", async () => {
  const [ann, , id] = await site.direct("ann", "ben");
  const page = await site.open({ person: ann, hash: `#/c/${id}` });
  await composer(page).waitFor();
  for (const text of TEXTS.slice(0, 4)) await send(page, text);
  await stored(page, "a link").waitFor();
  await expectCalm(page, "the conversation");
  for (const text of [IMAGE, SCRIPT]) {
    for (const view of ["search", "join", "c", "user", ""]) {
      await page.goto(`${site.origin}/#/${view}/${encodeURIComponent(text)}`);
      await page.locator("main :is(h2, p):visible, .search input:visible").first().waitFor();
      await expectCalm(page, `#/${view}`);
    }
  }
  const fields = page.locator(
    "main input:is([type=text], [type=search]):visible, main textarea:visible, .search input:visible",
  );
  for (const view of ["settings", "new", "search/"]) {
    /** Opens the view in a document of its own: what the last field has begun goes on in none. */
    const open = async () => {
      await page.goto("about:blank");
      await page.goto(`${site.origin}/#/${view}`);
      await fields.first().waitFor();
    };
    await open();
    for (const nth of (await fields.all()).keys()) {
      if (nth > 0) await open();
      await fields.nth(nth).fill(IMAGE.slice(0, 25));
      await page.keyboard.press("Enter");
      await expectCalm(page, `field ${nth} of ${view}`);
    }
  }
});

test("the form of the sign-in shows what was typed as text", async () => {
  const page = await site.open();
  await page.getByLabel("Username").fill(IMAGE);
  await page.getByLabel("Password").fill(SCRIPT);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").waitFor();
  await expectCalm(page, "sign-in");
});
