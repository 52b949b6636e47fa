import { beforeAll, describe, expect, test } from "vitest";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, getMessage, page as pageOf, send, sendAll } from "../../support/clients/chat.ts";
import { eventually } from "../../support/eventually.ts";
import { pngOf } from "../../support/image-headers.ts";
import { itemAt } from "../../support/objects/room.ts";
import { Page } from "../../support/pages/page.ts";
import { setLinkPreviews, setNoRateLimits } from "../../support/settings.ts";
import { overrideTiming } from "../../support/timing.ts";
import { makeHook, post } from "../incoming-hooks/client.ts";

const KIB = 1024;

let users: SignedIn[] = [];
beforeAll(async () => {
  const restore = [setLinkPreviews("on"), setNoRateLimits()];
  users = await registerUsers(70);
  return () => {
    for (const undo of restore) undo();
  };
});

const OLD = '<meta charset="windows-1252">';

/** A group of a user whose fetches no other test counts. */
async function group() {
  const ann = users.shift();
  if (!ann) throw new Error("too few users");
  const { id } = await createGroup(ann);
  return { ann, id };
}

/** The preview of a message with a link, once there is one. */
async function previewOf(page: Page) {
  const { ann, id } = await group();
  const { seq } = await send(ann, id, `look: ${page.url}.`);
  return eventually(async () => {
    const { link_preview } = await getMessage(ann, id, seq);
    if (!link_preview) throw new Error("no preview yet");
    return link_preview;
  });
}

/** Expects that a page was looked at, and gives no preview. */
async function expectNone(page: Page, asked = 1): Promise<void> {
  const { ann, id } = await group();
  const { seq } = await send(ann, id, page.url);
  // A later message has its preview once the earlier one has none.
  const mark = await Page.html("<title>mark</title>");
  const after = await send(ann, id, mark.url);
  await eventually(async () => {
    expect((await getMessage(ann, id, after.seq)).link_preview).toBeDefined();
    expect(await page.asked()).toBe(asked);
  });
  expect((await getMessage(ann, id, seq)).link_preview).toBeUndefined();
}

describe("what a page says of itself", () => {
  test("title, description and name of the site, as plain text of one line", async () => {
    const page = await Page.html(
      `<title>the other title</title>
       <meta property="og:title" content="Tom &amp; &quot;Ann&quot;\n  talk">
       <meta name="description" content="about &lt;b&gt;it&lt;/b&gt;">
       <meta property="og:site_name" content="The\u202e Site">`,
    );
    expect(await previewOf(page)).toEqual({
      url: page.url,
      title: 'Tom & "Ann" talk',
      description: "about <b>it</b>",
      site_name: "The Site",
    });
  });

  test.each([
    ["before", "<svg><title>a picture</title><title/></svg><title>the page</title>"],
    ["behind", "<title>the page</title><svg><title>a picture</title></svg>"],
  ])("no title of a picture that stands %s that of the page", async (_, html) => {
    expect(await previewOf(await Page.html(html))).toMatchObject({ title: "the page" });
  });

  test("a script in a title is text", async () => {
    const page = await Page.html("<title><script>alert(1)</script></title>");
    expect(await previewOf(page)).toEqual({ url: page.url, title: "<script>alert(1)</script>" });
  });

  test("long texts are cut", async () => {
    const page = await Page.html(
      `<title>${"t".repeat(9_000)}</title><meta name="description" content="${"d".repeat(9_000)}">`,
    );
    const { title, description = "" } = await previewOf(page);
    expect([title.length, description.length]).toEqual([200, 400]);
  });

  test.each([
    ["named in the answer", "text/html; charset=windows-1252", "", "caf\xe9", "café"],
    ["named in the page", "text/html", '<meta charset="windows-1252">', "caf\xe9", "café"],
    ["that nobody knows", "text/html; charset=klingon-1", "", "cafe", "cafe"],
    ["named in a comment alone", "text/html", "<!-- charset=utf-16 -->", "cafe", "cafe"],
    [
      "named in a script alone",
      "text/html",
      '<script>let charset = "shift_jis"</script>',
      "caf\xc3\xa9",
      "café",
    ],
    ["named late", "text/html", `<style>${" ".repeat(2_000)}</style>${OLD}`, "caf\xe9", "café"],
    [
      "of a mark before the page",
      "text/html; charset=windows-1252",
      `\xef\xbb\xbf${OLD}`,
      "caf\xc3\xa9",
      "café",
    ],
    ["in two bytes", "text/html", "\xff\xfe", "café", "café"],
    ["that is not its own", "text/html; charset=utf-8", "", "caf\xe9", "caf\ufffd"],
  ])("an encoding %s", async (_, type, head, title, shown) => {
    const page16 = `<title>${title}</title>`.replace(/./g, "$&\0");
    const source = head + (head === "\xff\xfe" ? page16 : `<title>${title}</title>`);
    const body = Uint8Array.from(source, (char) => char.charCodeAt(0));
    const page = await Page.of({ headers: { "Content-Type": type }, body });
    expect(await previewOf(page)).toMatchObject({ title: shown });
  });

  test("a huge page is read up to 512 KiB", async () => {
    const filler = " ".repeat(64 * KIB);
    const page = await Page.html("<title>huge</title>", {
      body: `<title>huge</title>${filler}`,
      times: 10_000,
    });
    expect(await previewOf(page)).toMatchObject({ title: "huge" });
  });

  test.each([
    ["without a title", { body: "<p>nothing" }],
    ["that is not there", { status: 404, body: "<title>404</title>" }],
    ["of another type", { headers: { "Content-Type": "application/pdf" }, body: "<title>a</title>" }],
    ["without a type", { headers: {}, body: "<title>a</title>" }],
    [
      "that refers to a port of the machine's network",
      { status: 302, headers: { Location: "http://10.0.0.1/" } },
    ],
    [
      "that refers to the metadata of a cloud",
      { status: 302, headers: { Location: "http://169.254.169.254/" } },
    ],
    ["that refers to a file", { status: 302, headers: { Location: "file:///etc/passwd" } }],
    ["that refers to a name without a zone", { status: 302, headers: { Location: "https://metadata/" } }],
    ["that refers nowhere", { status: 302 }],
  ])("a page %s gives none", async (_, answer) =>
    expectNone(await Page.of({ headers: { "Content-Type": "text/html" }, ...answer })),
  );

  test("a page that does not answer, or does not end, gives none", async () => {
    overrideTiming({ linkPreviews: { fetchMs: 2_000 } });
    const pages = [await Page.of({ hangs: true }), await Page.html("<title>slow</title>", { hangs: true })];
    await Promise.all(pages.map((page) => expectNone(page)));
  });

  test("three redirects are followed, and no fourth", async () => {
    let page = await Page.html("<title>the end</title>");
    const to = (Location: string) => Page.of({ status: 301, headers: { Location } });
    for (let i = 0; i < 3; i++) page = await to(page.url);
    expect(await previewOf(page)).toEqual({ url: page.url, title: "the end" });
    await expectNone(await to(page.url));
  });

  test("a page that refers to itself is left", async () => {
    const page = await Page.of({});
    await fetch(page.url, {
      method: "PUT",
      body: JSON.stringify({ status: 302, headers: { Location: page.url } }),
    });
    await expectNone(page, 4);
  });
});

describe("its picture", () => {
  const image = (bytes: Uint8Array | string, type = "image/png", more = {}) =>
    Page.of({ headers: { "Content-Type": type }, body: bytes, ...more });
  const withImage = (url: string) => Page.html(`<title>a</title><meta property="og:image" content="${url}">`);

  test("is copied, with its size", async () => {
    const source = await image(pngOf(640, 480));
    const { image: copy } = await previewOf(await withImage(new URL(source.url).pathname));
    expect(copy).toMatchObject({ width: 640, height: 480 });
    const answer = await (await import("cloudflare:workers")).exports.default.fetch(
      new Request(copy?.url ?? ""),
    );
    expect(answer.headers.get("Content-Type")).toBe("image/png");
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(pngOf(640, 480));
  });

  test.each([
    ["of very many pixels", () => image(pngOf(60_000, 60_000))],
    ["of more than 2 MiB", () => image(pngOf(10, 10), "image/png", { times: 100_000 })],
    ["that is a drawing", () => image("<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")],
    ["that is a page", () => image("<title>a</title>")],
    ["that says that it is a page", () => image(pngOf(10, 10), "text/html")],
    [
      "that refers to the machine's network",
      () => Page.of({ status: 302, headers: { Location: "http://192.168.0.1/" } }),
    ],
  ])("%s is left out", async (_, make) => {
    const source = await make();
    expect(await previewOf(await withImage(source.url))).not.toHaveProperty("image");
    expect(await source.asked()).toBe(1);
  });

  test.each(["data:image/png;base64,AAAA", "https://127.0.0.2:1/a.png", "javascript:alert(1)", "http://["])(
    "at %s is left out",
    async (url) => expect(await previewOf(await withImage(url))).not.toHaveProperty("image"),
  );
});

test("many messages with the same link fetch it once, over all conversations", async () => {
  const [one, other] = [await group(), await group()];
  const page = await Page.html("<title>once</title>");
  const texts = Array.from({ length: 25 }, (_, i) => `${i} ${page.url}#${i}`);
  await Promise.all([sendAll(one.ann, one.id, texts), sendAll(other.ann, other.id, texts)]);
  for (const { ann, id } of [one, other])
    for (let seq = 1; seq <= 25; seq++)
      await eventually(async () =>
        expect((await getMessage(ann, id, seq)).link_preview).toMatchObject({ title: "once" }),
      );
  expect(await page.asked()).toBe(1);
});

test("a user has 20 links fetched in a minute", async () => {
  const { ann, id } = await group();
  const pages = await Promise.all(Array.from({ length: 22 }, (_, i) => Page.html(`<title>${i}</title>`)));
  const sent = await sendAll(
    ann,
    id,
    pages.map(({ url }) => url),
  );
  const asked = async () => (await Promise.all(pages.map((page) => page.asked()))).filter(Boolean).length;
  await eventually(async () => expect(await asked()).toBe(20));
  const previews = async () =>
    (await Promise.all(sent.map(({ seq }) => getMessage(ann, id, seq)))).filter((one) => one.link_preview);
  await eventually(async () => expect(await previews()).toHaveLength(20));
  expect(itemAt(sent, 21).link_preview).toBeUndefined();
  expect(await asked()).toBe(20);
});

test("each hook has its own links fetched", async () => {
  const { ann, id } = await group();
  const hooks = [await makeHook(ann, id), await makeHook(ann, id)];
  const pages = await Promise.all(Array.from({ length: 22 }, (_, i) => Page.html(`<title>${i}</title>`)));
  for (const [i, { url }] of pages.entries())
    expect((await post(itemAt(hooks, i % 2).url, { text: url })).status).toBe(201);
  const previews = async () =>
    (await pageOf(ann, id)).items.flatMap((one) => (one.link_preview ? [one.link_preview.title] : []));
  await eventually(async () => expect(await previews()).toHaveLength(22));
});
